#include "query/engine/parsed_queries.h"

#include <utility>

#include "fmt/format.h"

namespace tidemark::query {
namespace {

std::string KeyOf(std::string_view text, const QueryTimes& times) {
  return fmt::format("{} {} {}", times.step_ms, times.range_ms, text);
}

}  // namespace

std::shared_ptr<const PreparedQuery> ParsedQueries::Find(std::string_view text,
                                                         const QueryTimes& times) {
  if (text.size() > kLongestText) {
    return nullptr;
  }
  const std::string key = KeyOf(text, times);
  base::MutexLock lock(&mu_);
  const auto found = index_.find(std::string_view(key));
  if (found == index_.end()) {
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->query;
}

void ParsedQueries::Keep(std::shared_ptr<const PreparedQuery> query, const QueryTimes& times) {
  if (query->text.size() > kLongestText) {
    return;
  }
  Entries fresh;
  fresh.push_back({KeyOf(query->text, times), std::move(query)});
  Entries old;  // freed without the lock
  base::MutexLock lock(&mu_);
  if (!index_.try_emplace(std::string_view(fresh.front().key), fresh.begin()).second) {
    return;  // another thread was faster
  }
  entries_.splice(entries_.begin(), fresh);
  if (entries_.size() > kMostKept) {
    index_.erase(std::string_view(entries_.back().key));
    old.splice(old.begin(), entries_, std::prev(entries_.end()));
  }
}

}  // namespace tidemark::query
