#include "fleet/diagnosis/internal/case.h"

#include <algorithm>
#include <limits>

#include "fmt/format.h"

namespace tidemark::fleet {
namespace {

// The thresholds by which a task is judged as if its cluster were not silent.
TaskThresholds NeverSilent(TaskThresholds thresholds) {
  thresholds.silent_after_ms = std::numeric_limits<int64_t>::max();
  return thresholds;
}

}  // namespace

Note& Note::At(const Instance& instance) {
  auto& names = finding_->instances;
  if (std::find(names.begin(), names.end(), instance.name) == names.end()) {
    names.push_back(instance.name);
  }
  return *this;
}

Note& Note::Cite(const Instance& instance, Signal signal, std::string_view part, std::string text) {
  const Track* track = instance.Find(signal, part);
  if (track == nullptr || !track->has_value()) {
    finding_->evidence.push_back(
        {SeriesText(signal, part, instance.name), "absent", cluster_->time()});
    return *this;
  }
  finding_->evidence.push_back({SeriesText(signal, part, instance.name),
                                text.empty() ? fmt::format("{}", track->value()) : std::move(text),
                                track->time()});
  return *this;
}

Note& Note::CiteIncrease(const Instance& instance, Signal signal, int64_t minutes,
                         std::string_view part) {
  const Track* track = instance.Find(signal, part);
  const double increase = track == nullptr ? 0 : track->Increase(cluster_->time(), minutes);
  return Cite(instance, signal, part, fmt::format("grew by {} in {}m", increase, minutes));
}

Note& Note::CiteFact(std::string series, std::string value) {
  finding_->evidence.push_back({std::move(series), std::move(value), cluster_->time()});
  return *this;
}

Case::Case(const ClusterState& cluster, int64_t now_ms, const DiagnosisThresholds& thresholds,
           std::vector<Finding>* findings)
    : cluster_(cluster), now_ms_(now_ms), thresholds_(thresholds), findings_(findings) {
  for (const TaskFacts& task : cluster.tasks()) {
    tasks_.push_back({&task, ReportTask(cluster, task, now_ms, NeverSilent(thresholds.task))});
  }
  for (const auto& instance : cluster.instances()) {
    if (!cluster.Alive(*instance)) {
      continue;
    }
    if (instance->component == Component::kTikv) {
      stores_.push_back(instance.get());
    } else if (instance->component == Component::kTidb) {
      tidbs_.push_back(instance.get());
    }
  }
}

Note Case::Add(FindingKind kind, Severity severity, Confidence confidence, std::string summary) {
  findings_->push_back({.kind = kind,
                        .task = {},
                        .instances = {},
                        .severity = severity,
                        .confidence = confidence,
                        .summary = std::move(summary),
                        .evidence = {}});
  return {&findings_->back(), &cluster_};
}

std::optional<double> Case::Gauge(const Instance& instance, Signal signal,
                                  std::string_view part) const {
  const Track* track = instance.Find(signal, part);
  return cluster_.Fresh(track) ? std::optional(track->value()) : std::nullopt;
}

double Case::Increase(const Instance& instance, Signal signal, int64_t minutes,
                      std::string_view part) const {
  const Track* track = instance.Find(signal, part);
  return track == nullptr ? 0 : track->Increase(time(), minutes);
}

double Case::IncreaseOfAll(const Instance& instance, Signal signal, int64_t minutes) const {
  double sum = 0;
  for (const auto& track : instance.All(signal)) {
    sum += track->Increase(time(), minutes);
  }
  return sum;
}

bool Case::GrewWithin(const Instance& instance, Signal signal, int64_t ms,
                      std::string_view part) const {
  const Track* track = instance.Find(signal, part);
  return track != nullptr && track->increased_at().has_value() &&
         time() - *track->increased_at() <= ms;
}

bool Case::SteadyFor(const Instance& instance, int64_t ms) const {
  const bool restarted = instance.restarted_at.has_value() && time() - *instance.restarted_at < ms;
  return instance.watched_since.has_value() && time() - *instance.watched_since >= ms && !restarted;
}

int64_t Case::StandsStillMs(const TaskCase& task) const {
  return time() - task.facts->advanced_at.value_or(task.facts->first_seen);
}

std::vector<const Instance*> Case::RunningStores(const TaskCase& task) const {
  std::vector<const Instance*> running;
  for (const Instance* store : stores_) {
    if (Gauge(*store, Signal::kTaskStatus, task.facts->name) == 0) {
      running.push_back(store);
    }
  }
  return running;
}

bool Case::AllFlush(const TaskCase& task, int64_t minutes, double times) const {
  const auto running = RunningStores(task);
  return !running.empty() &&
         std::all_of(running.begin(), running.end(), [&](const Instance* store) {
           return Increase(*store, Signal::kFlushes, minutes) >= times;
         });
}

bool Case::AnyRuns() const {
  return std::any_of(tasks_.begin(), tasks_.end(), [](const TaskCase& t) { return t.Runs(); });
}

}  // namespace tidemark::fleet
