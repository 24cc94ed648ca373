#include "fleet/task/cluster_state.h"

#include <algorithm>
#include <cstdlib>
#include <tuple>

namespace tidemark::fleet {
namespace {

// Senders gather samples for up to five seconds.
constexpr int64_t kLagJitterMs = 10 * kSecondMs;

constexpr std::string_view kInstanceLabel = "instance";
constexpr std::string_view kClusterIdPrefix = "cluster";

// An instance must have been watched for so long before a new counter of it counts as one that
// grew from zero: at the first sight of an instance all its counters are new.
constexpr int64_t kWatchedMs = 45 * kSecondMs;

// A fatal error and the pause that follows it reach us so far apart.
constexpr int64_t kFatalToPauseMs = 2 * kMinuteMs;

// A status older than that does not tell that the task ran right before its pause.
constexpr int64_t kJustBeforeMs = 2 * kMinuteMs;

constexpr double kPaused = 1;
constexpr double kFailed = 2;

using TrackOrder = std::pair<Signal, std::string_view>;

TrackOrder OrderOf(const std::unique_ptr<Track>& track) { return {track->signal(), track->part()}; }

auto LowerBound(const std::vector<std::unique_ptr<Track>>& tracks, TrackOrder wanted) {
  return std::lower_bound(
      tracks.begin(), tracks.end(), wanted,
      [](const auto& track, const TrackOrder& order) { return OrderOf(track) < order; });
}

// Component by the words of the labels `component` and `job`, for metrics that all export.
Component ComponentIn(model::LabelsView series) {
  for (const std::string_view label : {series.Get("component"), series.Get("job")}) {
    for (const Component c : {Component::kTikv, Component::kTidb, Component::kPd}) {
      const std::string_view word = ToString(c);
      if (label == word ||
          (label.ends_with(word) && label[label.size() - word.size() - 1] == '-')) {
        return c;
      }
    }
  }
  return Component::kUnknown;
}

// Something of the task was told at `t`. What was under way when it was removed does not count.
void ClearRemoval(model::Timestamp t, TaskFacts* task) {
  if (task->removed_at.has_value() && t - *task->removed_at > kMinuteMs) {
    task->removed_at = std::nullopt;
  }
}

void Raise(double tso, model::Timestamp t, CheckpointFacts* facts) {
  facts->at = std::max(facts->at, OptionalTime(TsoToMs(tso)));
  facts->told_at = std::max(facts->told_at, t);
}

}  // namespace

const Track* Instance::Find(Signal signal, std::string_view part) const {
  const auto at = LowerBound(tracks, {signal, part});
  return at != tracks.end() && OrderOf(*at) == TrackOrder(signal, part) ? at->get() : nullptr;
}

std::span<const std::unique_ptr<Track>> Instance::All(Signal signal) const {
  const auto begin = LowerBound(tracks, {signal, {}});
  auto end = begin;
  while (end != tracks.end() && (*end)->signal() == signal) {
    ++end;
  }
  return {begin, end};
}

Instance* ClusterState::InstanceNamed(std::string_view name, Component component) {
  auto at = std::lower_bound(
      instances_.begin(), instances_.end(), name,
      [](const auto& instance, std::string_view wanted) { return instance->name < wanted; });
  if (at == instances_.end() || (*at)->name != name) {
    at = instances_.insert(at, std::make_unique<Instance>());
    (*at)->name = name;
  }
  if ((*at)->component == Component::kUnknown) {
    (*at)->component = component;
  }
  return at->get();
}

const Instance* ClusterState::FindInstance(std::string_view name) const {
  const auto at = std::find_if(instances_.begin(), instances_.end(),
                               [&](const auto& instance) { return instance->name == name; });
  return at == instances_.end() ? nullptr : at->get();
}

TaskFacts& ClusterState::TaskNamed(std::string_view name) {
  auto at = std::lower_bound(
      tasks_.begin(), tasks_.end(), name,
      [](const TaskFacts& task, std::string_view wanted) { return task.name < wanted; });
  if (at == tasks_.end() || at->name != name) {
    at = tasks_.insert(at, TaskFacts{});
    at->name = name;
    at->first_seen = time_;
  }
  return *at;
}

const TaskFacts* ClusterState::FindTask(std::string_view name) const {
  const auto at = std::find_if(tasks_.begin(), tasks_.end(),
                               [&](const TaskFacts& task) { return task.name == name; });
  return at == tasks_.end() ? nullptr : &*at;
}

ClusterState::Input ClusterState::Attach(model::LabelsView series, const SignalOfSeries& signal) {
  const Component component =
      signal.component == Component::kUnknown ? ComponentIn(series) : signal.component;
  Instance* instance = InstanceNamed(series.Get(kInstanceLabel), component);
  const auto at = LowerBound(instance->tracks, {signal.signal, signal.part});
  if (at != instance->tracks.end() && OrderOf(*at) == TrackOrder(signal.signal, signal.part)) {
    return {instance, at->get()};
  }
  if (signal.signal == Signal::kVersion) {
    instance->version = signal.part;
  }
  const auto made =
      instance->tracks.insert(at, std::make_unique<Track>(signal.signal, signal.part));
  return {instance, made->get()};
}

void ClusterState::Apply(const Input& input, model::Sample sample, int64_t received_ms) {
  last_received_ms_ = std::max(last_received_ms_, received_ms);
  Instance* instance = input.instance;
  const bool born =
      instance->watched_since.has_value() && sample.t - *instance->watched_since >= kWatchedMs;
  if (sample.t < 0 || !input.track->Add(sample, born)) {
    ++late_samples_;
    return;
  }
  NoteTime(instance, sample.t, received_ms);
  if (!model::IsStale(sample.v) && sample.t > learnt_until_) {
    Learn(input, sample);
  }
}

void ClusterState::NoteTime(Instance* instance, model::Timestamp t, int64_t received_ms) {
  if (first_sample_ == 0) {
    first_sample_ = t;
    first_received_ms_ = received_ms;
  }
  if (instance->first_seen == 0) {
    instance->first_seen = t;
  }
  if (!instance->watched_since.has_value()) {
    instance->watched_since = t;
  }
  instance->last_seen = std::max(instance->last_seen, t);
  if (t > time_) {
    time_ = t;
    delivery_lag_ms_ = received_ms - t;
    if (std::abs(delivery_lag_ms_ - steady_lag_ms_) > kLagJitterMs || lag_steady_since_ == 0) {
      steady_lag_ms_ = delivery_lag_ms_;
      lag_steady_since_ = t;
    }
  }
}

void ClusterState::NoteSender(std::string_view replica, model::Timestamp t) {
  for (Sender& sender : senders_) {
    if (sender.replica == replica) {
      sender.last_seen = std::max(sender.last_seen, t);
      return;
    }
  }
  senders_.push_back({std::string(replica), t});
}

void ClusterState::NoteGroupLabels(model::LabelsView series, std::span<const std::string> names) {
  for (const std::string& name : names) {
    const std::string_view value = series.Get(name);
    if (value.empty()) {
      continue;
    }
    const auto at = std::find_if(group_labels_.begin(), group_labels_.end(),
                                 [&](const auto& label) { return label.first == name; });
    if (at == group_labels_.end()) {
      group_labels_.emplace_back(name, value);
    } else {
      at->second = value;
    }
  }
}

bool ClusterState::ForgetInstances(model::Timestamp before) {
  std::erase_if(senders_, [&](const Sender& sender) { return sender.last_seen < before; });
  return std::erase_if(instances_, [&](const auto& i) { return i->last_seen < before; }) > 0;
}

void ClusterState::Learn(const Input& input, model::Sample sample) {
  const Track& track = *input.track;
  switch (track.signal()) {
    case Signal::kTaskStatus:
      return LearnStatus(track.part(), sample.t);
    case Signal::kCheckpoint:
    case Signal::kStorageCheckpoint:
    case Signal::kPdCheckpoint:
      return LearnCheckpoint(track, sample);
    case Signal::kOwner:
      return LearnOwner(*input.instance, sample);
    case Signal::kStoreSafePoint:
    case Signal::kPdSafePoint:
      return LearnSafePoint(sample);
    case Signal::kClusterId:
      return LearnId(track.part(), sample.t);
    case Signal::kProcessStart:
      if (track.changed_at() == sample.t && track.first_time() < sample.t) {
        input.instance->restarted_at = sample.t;
      }
      return;
    default:
      if (track.last_increase() > 0) {
        LearnIncrease(input, sample.t);
      }
  }
}

void ClusterState::LearnIncrease(const Input& input, model::Timestamp t) {
  const Track& track = *input.track;
  switch (track.signal()) {
    case Signal::kTicks:
      return LearnTick(t);
    case Signal::kFatalErrors:
      return LearnFatalError(t);
    case Signal::kTaskEvents:
      if (track.part() == "task_remove") {
        LearnRemoval(t);
      }
      return;
    case Signal::kFlushBytes:
      return volumes_.flushed_bytes.Add(t, track.last_increase());
    case Signal::kFlushFiles:
      return volumes_.flushed_files.Add(t, track.last_increase());
    case Signal::kEngineBytes:
      return volumes_.engine_bytes.Add(t, track.last_increase());
    case Signal::kEvents:
      if (input.instance->events == nullptr) {
        input.instance->events = std::make_unique<DaySums>();
      }
      return input.instance->events->Add(t, track.last_increase());
    default:
      return;
  }
}

std::optional<int> ClusterState::StatusOf(std::string_view task, model::Timestamp t) const {
  std::optional<int> highest;
  for (const auto& instance : instances_) {
    const Track* status = instance->Find(Signal::kTaskStatus, task);
    const bool told = status != nullptr && status->has_value() && !status->ended();
    if (told && t - status->time() <= kFreshMs) {
      highest = std::max(highest, std::optional(static_cast<int>(status->value())));
    }
  }
  return highest;
}

void ClusterState::LearnStatus(std::string_view name, model::Timestamp t) {
  TaskFacts& task = TaskNamed(name);
  const int highest = StatusOf(name, t).value_or(0);
  if (highest >= kPaused && !task.paused_since.has_value()) {
    task.paused_since = t;
    task.pause_seen = task.running_at.has_value() && t - *task.running_at <= kJustBeforeMs;
    if (task.pause_seen) {
      task.renewed_at = t;
    }
  }
  const bool follows_fatal_error = task.paused_since == t && fatal_error_at_.has_value() &&
                                   t - *fatal_error_at_ <= kFatalToPauseMs;
  if ((highest >= kFailed || follows_fatal_error) && !task.failed_since.has_value()) {
    task.failed_since = t;
  }
  if (highest < kPaused) {
    task.running_at = t;
    task.paused_since = task.failed_since = std::nullopt;
    task.pause_seen = false;
    ClearRemoval(t, &task);
  }
  task.status_at = std::max(task.status_at, OptionalTime(t));
}

void ClusterState::LearnFatalError(model::Timestamp t) {
  fatal_error_at_ = std::max(fatal_error_at_, OptionalTime(t));
  for (TaskFacts& task : tasks_) {
    const bool just_paused =
        task.paused_since.has_value() && t - *task.paused_since <= kFatalToPauseMs;
    if (just_paused && !task.failed_since.has_value()) {
      task.failed_since = t;
    }
  }
}

void ClusterState::LearnCheckpoint(const Track& track, model::Sample sample) {
  if (!(sample.v > 0)) {
    return;
  }
  TaskFacts& task = TaskNamed(track.part());
  const OptionalTime before = task.RecoveryPoint();
  Raise(sample.v, sample.t,
        track.signal() == Signal::kCheckpoint          ? &task.checkpoint
        : track.signal() == Signal::kStorageCheckpoint ? &task.storage_checkpoint
                                                       : &task.pd_checkpoint);
  ClearRemoval(sample.t, &task);
  // The first that is told may have been reached at any time.
  if (before.has_value() && task.RecoveryPoint() > before) {
    task.step_before = task.advanced_at;
    task.advanced_at = sample.t;
    if (!task.paused_since.has_value()) {
      task.renewed_at = std::max(task.renewed_at, OptionalTime(sample.t));
    }
  }
}

void ClusterState::LearnTick(model::Timestamp t) {
  for (TaskFacts& task : tasks_) {
    const bool runs = task.running_at.has_value() && t - *task.running_at <= kJustBeforeMs &&
                      !task.paused_since.has_value();
    if (runs && !task.removed_at.has_value()) {
      task.renewed_at = std::max(task.renewed_at, OptionalTime(t));
    }
  }
}

void ClusterState::LearnOwner(const Instance& instance, model::Sample sample) {
  if (!(sample.v > 0) || instance.name == owner_.instance) {
    return;
  }
  // While the owner before says that it still is, there are two, and none has taken over.
  const Instance* before = FindInstance(owner_.instance);
  const Track* still = before == nullptr ? nullptr : before->Find(Signal::kOwner);
  if (Fresh(still) && still->value() > 0) {
    return;
  }
  if (!owner_.instance.empty()) {
    owner_.changed_at = sample.t;
    owner_.before = owner_.instance;
  }
  owner_.instance = instance.name;
}

void ClusterState::LearnSafePoint(model::Sample sample) {
  if (sample.v > 0 && OptionalTime(TsoToMs(sample.v)) > safe_point_) {
    safe_point_ = TsoToMs(sample.v);
    safe_point_changed_at_ = sample.t;
  }
}

void ClusterState::LearnId(std::string_view label, model::Timestamp t) {
  if (!label.starts_with(kClusterIdPrefix) || label.size() == kClusterIdPrefix.size()) {
    return;
  }
  const std::string_view id = label.substr(kClusterIdPrefix.size());
  for (ClusterIdSeen& seen : ids_) {
    if (seen.id == id) {
      seen.last_seen = std::max(seen.last_seen, t);
      return;
    }
  }
  const bool replaces = !ids_.empty() && std::all_of(ids_.begin(), ids_.end(), [&](const auto& s) {
    return t - s.last_seen > kMinuteMs;
  });
  ids_.push_back({std::string(id), t, t});
  if (replaces) {
    // Another cluster under the same name: what was known of the tasks is of the one before.
    tasks_.clear();
    safe_point_ = std::nullopt;
    owner_ = {};
  }
}

void ClusterState::LearnRemoval(model::Timestamp t) {
  // The event does not say which task. With one there is no doubt; with several those whose series
  // have gone are found out by the report.
  if (tasks_.size() == 1) {
    tasks_.front().removed_at = t;
  }
}

ClusterState::Saved ClusterState::Save() const {
  Saved saved{.first_sample = first_sample_,
              .time = time_,
              .first_received_ms = first_received_ms_,
              .last_received_ms = last_received_ms_,
              .delivery_lag_ms = delivery_lag_ms_,
              .senders = senders_,
              .instances = {},
              .tasks = tasks_,
              .ids = ids_,
              .owner = owner_,
              .safe_point = safe_point_,
              .safe_point_changed_at = safe_point_changed_at_,
              .group_labels = group_labels_,
              .volumes = volumes_};
  for (const auto& instance : instances_) {
    Instance& copy = saved.instances.emplace_back();
    copy.name = instance->name;
    copy.component = instance->component;
    copy.version = instance->version;
    copy.first_seen = instance->first_seen;
    copy.last_seen = instance->last_seen;
    copy.restarted_at = instance->restarted_at;
    if (instance->events != nullptr) {
      copy.events = std::make_unique<DaySums>(*instance->events);
    }
  }
  return saved;
}

void ClusterState::Restore(Saved saved) {
  first_sample_ = saved.first_sample;
  time_ = learnt_until_ = saved.time;
  first_received_ms_ = saved.first_received_ms;
  last_received_ms_ = saved.last_received_ms;
  delivery_lag_ms_ = saved.delivery_lag_ms;
  senders_ = std::move(saved.senders);
  tasks_ = std::move(saved.tasks);
  ids_ = std::move(saved.ids);
  owner_ = std::move(saved.owner);
  safe_point_ = saved.safe_point;
  safe_point_changed_at_ = saved.safe_point_changed_at;
  group_labels_ = std::move(saved.group_labels);
  volumes_ = saved.volumes;
  for (Instance& instance : saved.instances) {
    instances_.push_back(std::make_unique<Instance>(std::move(instance)));
  }
  std::sort(instances_.begin(), instances_.end(),
            [](const auto& a, const auto& b) { return a->name < b->name; });
}

}  // namespace tidemark::fleet
