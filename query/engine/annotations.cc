#include "query/engine/annotations.h"

#include <algorithm>

#include "fmt/format.h"
#include "query/engine/calendar.h"

namespace tidemark::query {
namespace {

constexpr std::string_view kMonotonicityHelp =
    "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile";

// 2026-01-02T15:04:05Z
std::string TimeText(int64_t time_ms) {
  const int64_t seconds = time_ms / 1000;
  const Date date = DateOf(static_cast<double>(seconds));
  const int64_t second = (seconds % 60 + 60) % 60;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", date.year, date.month, date.day,
                     date.hour, date.minute, second);
}

std::string ForMetric(std::string_view metric) {
  return metric.empty() ? "" : fmt::format(" for metric name \"{}\"", metric);
}

}  // namespace

void Annotations::Texts::Add(std::string text) {
  if (seen.insert(text).second) {
    texts.push_back(std::move(text));
  }
}

std::string Annotations::Place(PositionRange where) const {
  return fmt::format(" ({})", LineAndColumn(query_, where.begin));
}

void Annotations::Warn(std::string_view text, PositionRange where) {
  warnings_.Add(fmt::format("PromQL warning: {}{}", text, Place(where)));
}

void Annotations::Inform(std::string_view text, PositionRange where) {
  infos_.Add(fmt::format("PromQL info: {}{}", text, Place(where)));
}

void Annotations::NoteRepair(std::string_view metric, PositionRange where,
                             const MonotonicityRepair& repair) {
  RepairSummary& summary = repairs_[{std::string(metric), where.begin}];
  if (summary.samples++ == 0) {
    summary.widest = repair;
    summary.last_time_ms = repair.time_ms;
    return;
  }
  MonotonicityRepair& widest = summary.widest;
  widest.first_bound = std::min(widest.first_bound, repair.first_bound);
  widest.last_bound = std::max(widest.last_bound, repair.last_bound);
  widest.max_difference = std::max(widest.max_difference, repair.max_difference);
  widest.time_ms = std::min(widest.time_ms, repair.time_ms);
  summary.last_time_ms = std::max(summary.last_time_ms, repair.time_ms);
}

std::vector<std::string> Annotations::TakeInfos() {
  for (const auto& [key, summary] : repairs_) {
    const MonotonicityRepair& widest = summary.widest;
    Inform(
        fmt::format("input to histogram_quantile needed to be fixed for monotonicity (see {}){}, "
                    "from buckets {:g} to {:g}, with a max diff of {:.2g}, over {} samples from "
                    "{} to {}",
                    kMonotonicityHelp, ForMetric(key.first), widest.first_bound, widest.last_bound,
                    widest.max_difference, summary.samples, TimeText(widest.time_ms),
                    TimeText(summary.last_time_ms)),
        {key.second, key.second});
  }
  return std::move(infos_.texts);
}

}  // namespace tidemark::query
