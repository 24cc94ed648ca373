#include "server/api/cardinality.h"

#include <algorithm>
#include <vector>

#include "base/status_macros.h"
#include "base/string_map.h"
#include "fmt/format.h"
#include "query/api/json_text.h"

namespace tidemark::server {
namespace {

struct Count {
  std::string name;
  size_t value = 0;
};

// Series by each value of one label.
using SeriesByValue = base::StringMap<size_t>;

class Cardinality {
 public:
  absl::Status AddAll(const storage::Querier& querier, const storage::Selection& extent) {
    ASSIGN_OR_RETURN(const auto set, querier.Select(extent));
    while (set->Next()) {
      ++series_;
      for (const model::LabelView& label : set->labels()) {
        ++labels_[std::string(label.name)][std::string(label.value)];
      }
    }
    return absl::OkStatus();
  }

  size_t series() const { return series_; }

  size_t label_pairs() const {
    size_t pairs = 0;
    for (const auto& [name, values] : labels_) {
      pairs += values.size();
    }
    return pairs;
  }

  std::vector<Count> SeriesByMetric() const {
    std::vector<Count> counts;
    if (const auto metrics = labels_.find(model::kMetricName); metrics != labels_.end()) {
      for (const auto& [metric, series] : metrics->second) {
        counts.push_back({metric, series});
      }
    }
    return counts;
  }

  std::vector<Count> ValuesByLabel() const {
    std::vector<Count> counts;
    for (const auto& [name, values] : labels_) {
      counts.push_back({name, values.size()});
    }
    return counts;
  }

  // Bytes of the label and its values, once for each series.
  std::vector<Count> BytesByLabel() const {
    std::vector<Count> counts;
    for (const auto& [name, values] : labels_) {
      size_t bytes = 0;
      for (const auto& [value, series] : values) {
        bytes += (name.size() + value.size()) * series;
      }
      counts.push_back({name, bytes});
    }
    return counts;
  }

  std::vector<Count> SeriesByPair() const {
    std::vector<Count> counts;
    for (const auto& [name, values] : labels_) {
      for (const auto& [value, series] : values) {
        counts.push_back({fmt::format("{}={}", name, value), series});
      }
    }
    return counts;
  }

 private:
  size_t series_ = 0;
  base::StringMap<SeriesByValue> labels_;
};

// Appends "key":[{"name":...,"value":...},...], largest first, equal ones by name.
void AppendLargest(std::string_view key, std::vector<Count> counts, size_t limit,
                   std::string* json) {
  const size_t shown = std::min(limit, counts.size());
  std::partial_sort(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(shown),
                    counts.end(), [](const Count& a, const Count& b) {
                      return a.value != b.value ? a.value > b.value : a.name < b.name;
                    });
  *json += fmt::format(",\"{}\":[", key);
  for (size_t i = 0; i < shown; ++i) {
    *json += i == 0 ? R"({"name":)" : R"(,{"name":)";
    query::AppendJsonString(counts[i].name, json);
    *json += fmt::format(R"(,"value":{}}})", counts[i].value);
  }
  *json += ']';
}

}  // namespace

absl::StatusOr<std::string> CardinalityJson(const storage::Querier& querier,
                                            const storage::Selection& extent, size_t limit) {
  Cardinality cardinality;
  RETURN_IF_ERROR(cardinality.AddAll(querier, extent));
  std::string json = fmt::format(
      R"({{"headStats":{{"numSeries":{},"numLabelPairs":{},"chunkCount":0,"minTime":{},"maxTime":{}}})",
      cardinality.series(), cardinality.label_pairs(), extent.min_time, extent.max_time);
  AppendLargest("seriesCountByMetricName", cardinality.SeriesByMetric(), limit, &json);
  AppendLargest("labelValueCountByLabelName", cardinality.ValuesByLabel(), limit, &json);
  AppendLargest("memoryInBytesByLabelName", cardinality.BytesByLabel(), limit, &json);
  AppendLargest("seriesCountByLabelValuePair", cardinality.SeriesByPair(), limit, &json);
  json += '}';
  return json;
}

}  // namespace tidemark::server
