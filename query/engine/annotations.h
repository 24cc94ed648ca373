// Annotations are what a query wants its reader to know although it succeeded: warnings, and
// infos of less weight. The same text is kept once, in order of first mention. Thread-compatible.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/string_map.h"
#include "query/parser/position.h"

namespace tidemark::query {

// Repair of one classic histogram's counts at one step (see classic_histogram.h).
struct MonotonicityRepair {
  double first_bound = 0;
  double last_bound = 0;
  double max_difference = 0;
  int64_t time_ms = 0;
};

class Annotations {
 public:
  // `query` is the text that positions refer to.
  explicit Annotations(std::string_view query) : query_(query) {}

  // `text` comes without prefix and position.
  void Warn(std::string_view text, PositionRange where);
  void Inform(std::string_view text, PositionRange where);

  // Notes that histogram_quantile had to mend the buckets of `metric` (which may be empty). All
  // such repairs of one metric become one info.
  void NoteRepair(std::string_view metric, PositionRange where, const MonotonicityRepair& repair);

  std::vector<std::string> TakeWarnings() { return std::move(warnings_.texts); }
  std::vector<std::string> TakeInfos();

 private:
  struct Texts {
    std::vector<std::string> texts;
    base::StringSet seen;
    void Add(std::string text);
  };
  struct RepairSummary {
    MonotonicityRepair widest;
    int64_t last_time_ms = 0;
    size_t samples = 0;
  };

  std::string Place(PositionRange where) const;

  std::string_view query_;
  Texts warnings_;
  Texts infos_;
  std::map<std::pair<std::string, uint32_t>, RepairSummary> repairs_;
};

}  // namespace tidemark::query
