// ParsedQueries keeps the expressions that were asked last as syntax trees, with their regular
// expressions compiled, because dashboards and rules ask the same again and again.
//
// A tree belongs to a text and to what durations in it may depend on: the step and the length of
// the query. Long texts are not kept. Thread-safe; holds its lock for look-ups only.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "base/string_map.h"
#include "query/engine/engine.h"
#include "query/parser/duration.h"

namespace tidemark::query {

class ParsedQueries {
 public:
  static constexpr size_t kMostKept = 256;
  static constexpr size_t kLongestText = 4 << 10;

  // Null if it is not kept.
  std::shared_ptr<const PreparedQuery> Find(std::string_view text, const QueryTimes& times)
      ABSL_LOCKS_EXCLUDED(mu_);
  // REQUIRES: durations are resolved for `times`.
  void Keep(std::shared_ptr<const PreparedQuery> query, const QueryTimes& times)
      ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const PreparedQuery> query;
  };
  using Entries = std::list<Entry>;

  base::Mutex mu_;
  Entries entries_ ABSL_GUARDED_BY(mu_);  // that last used first
  absl::flat_hash_map<std::string_view, Entries::iterator, base::StringViewHash, std::equal_to<>>
      index_ ABSL_GUARDED_BY(mu_);
};

}  // namespace tidemark::query
