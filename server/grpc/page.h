// A page of a list that has an order: what comes behind the key that the page before ended with.
//
// A key that has gone meanwhile is no gap and no error, as the order tells what comes behind it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace tidemark::server {

inline constexpr int32_t kUsualPageSize = 500;
inline constexpr int32_t kMaxPageSize = 5000;
// A page ends early behind this many bytes: clients take messages of 4 MiB if they say no more.
inline constexpr size_t kMaxPageBytes = 3u << 20;

// Entries on the page. InvalidArgument for less than none.
absl::StatusOr<size_t> PageSize(int32_t asked);

// One entry of the list with its place. Keys are distinct, and UTF-8, because tokens are.
template <typename Entry>
struct Placed {
  std::string key;
  Entry entry;
};

// Gives the entries of the page behind `token` (empty: the first page) to `add`, which gives the
// bytes that the entry takes. The token of the next page; empty when there is none.
template <typename Entry, typename Add>
std::string FillPage(std::vector<Placed<Entry>> list, const std::string& token, size_t page_size,
                     Add add) {
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  auto next = token.empty() ? list.begin()
                            : std::upper_bound(list.begin(), list.end(), token,
                                               [](const std::string& key, const auto& placed) {
                                                 return key < placed.key;
                                               });
  size_t bytes = 0;
  std::string last;
  for (size_t i = 0; next != list.end() && i < page_size && bytes < kMaxPageBytes; ++i, ++next) {
    bytes += add(next->entry);
    last = std::move(next->key);
  }
  return next == list.end() ? std::string() : last;
}

}  // namespace tidemark::server
