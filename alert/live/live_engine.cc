#include "alert/live/live_engine.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "alert/live/internal/live_core.h"

namespace tidemark::alert {
namespace {

using model::Timestamp;

// How long late samples of a partition are gathered after the last one, and at most.
constexpr int64_t kLateQuietMs = 2000;
constexpr int64_t kLateGatherMs = 10'000;
// Moments of late samples that are evaluated before there is a look at what is due now.
constexpr int kLateBudget = 32;
// How long the engine is closed to others at a time.
constexpr int64_t kSliceNanos = 5'000'000;
constexpr int64_t kNoLimit = INT64_MAX;
constexpr int64_t kIdleMs = 1000;

}  // namespace

LiveEngine::Core::Core(const LiveOptions& options, const LiveDeps& deps)
    : options_(options),
      deps_(deps),
      identity_(options.identity_labels, options.sender_labels, options.replica_labels),
      wall_(deps.clock),
      evaluator_(&options_, deps_, &identity_) {
  deps_.store->arrivals()->Subscribe(this);
}

LiveEngine::Core::~Core() {
  Stop();
  deps_.store->arrivals()->Unsubscribe(this);
}

bool LiveEngine::Core::Wants(model::LabelsView labels) const {
  std::shared_ptr<const LiveInputs> wanted;
  {
    base::MutexLock lock(&wanted_mu_);
    wanted = wanted_;
  }
  return wanted != nullptr && wanted->MayRead(labels);
}

// Arrivals.

void LiveEngine::Core::TakeArrivals() {
  if (TakeLoss()) {
    ++overflows_;
    TakeEverythingAgain();
  }
  for (storage::ArrivalBatch* batch = Take(); batch != nullptr;) {
    if (model_ != nullptr) {
      for (const storage::Arrival& arrival : batch->arrivals) {
        Note(arrival, *batch);
      }
      for (const storage::SeriesRef ref : batch->evicted) {
        NoteEvicted(ref);
      }
    }
    deps_.store->arrivals()->Recycle(std::exchange(batch, batch->next));
  }
  if (model_ != nullptr) {
    QueueNew();
  }
}

// Some arrivals were lost: everything may have changed.
void LiveEngine::Core::TakeEverythingAgain() {
  if (model_ != nullptr) {
    model_->ForEachPartition([this](LivePartition* partition) {
      mu_.AssertHeld();
      partition->trigger = {LiveCause::kArrival, std::nullopt, now_, deps_.clock->SteadyNanos()};
      partition->dirty = true;
      Plan(partition);
    });
  }
}

void LiveEngine::Core::Note(const storage::Arrival& arrival, const storage::ArrivalBatch& batch) {
  ++arrivals_;
  LiveSeries* series = model_->FindSeries(arrival.series);
  const bool newcomer = series == nullptr;
  if (newcomer) {
    const auto name = deps_.store->NameOf(arrival.series);
    if (!name.has_value()) {
      return;
    }
    series = model_->AddSeries(name->key, name->labels);
  }
  const Timestamp t = arrival.sample.t;
  const Timestamp before = series->newest;
  series->newest = std::max(before, t);
  const LiveTrigger trigger{LiveCause::kArrival, t, batch.received_ms, batch.received_nanos};
  for (LivePartition* partition : series->partitions) {
    const LiveRule& rule = *partition->scope->rule;
    if (!rule.is_alert() && series->labels.view().metric_name() == rule.rule().name) {
      continue;  // what it has written itself: it would never come to rest
    }
    if (t <= now_ - options_.late_after_ms) {
      NoteLate(partition, t);
    }
    if (t + rule.reach_ms() + rule.settings().query_offset_ms >= now_) {
      Touch(partition, *series, before, newcomer, trigger);
    }
  }
}

void LiveEngine::Core::Touch(LivePartition* partition, const LiveSeries& series, Timestamp before,
                             bool newcomer, const LiveTrigger& trigger) {
  partition->trigger = trigger;
  partition->dirty = true;
  partition->hold_until =
      std::max(partition->hold_until,
               partition->catch_up.Note(*trigger.sample_time, now_, options_.catch_up_ms));
  if (partition->gate != nullptr && series.newest > before) {
    partition->gate->Arrive(series.target, before, series.newest);
    if (newcomer) {
      partition->hold_until = std::max(partition->hold_until, now_ + options_.settle_ms);
    }
  }
  Plan(partition);
}

void LiveEngine::Core::NoteLate(LivePartition* partition, Timestamp t) {
  const LiveRule& rule = *partition->scope->rule;
  if (partition->late == nullptr) {
    partition->late = std::make_unique<LateWork>(
        AlertRuleSettings{rule.rule().for_ms, rule.rule().keep_firing_for_ms, 0});
    LateWork& late = *partition->late;
    late.from = t;
    late.until = t - 1;
    if (partition->alerts != nullptr) {
      late.state.Restore({partition->alerts->alerts().begin(), partition->alerts->alerts().end()});
      late.inputs = partition->inputs_when_true;
    }
  }
  LateWork& late = *partition->late;
  const bool empty = late.from > late.until;
  late.first_at = empty ? now_ : late.first_at;
  late.from = empty ? t : std::min(late.from, t);
  late.until = std::max(late.until, t);
  if (!late.queued) {  // what is being evaluated goes on to the end as it is then
    late.due = std::min(now_ + kLateQuietMs, late.first_at + kLateGatherMs);
  }
  Plan(partition);
}

void LiveEngine::Core::NoteEvicted(storage::SeriesRef ref) {
  if (const LiveSeries* const series = model_->FindSeries(ref); series != nullptr) {
    const Timestamp last = std::max<Timestamp>(series->newest, 0);
    leaving_.emplace(last + model_->reach_ms(), ref);
  }
}

void LiveEngine::Core::ForgetLeft() {
  while (!leaving_.empty() && leaving_.begin()->first < now_) {
    const storage::SeriesRef ref = leaving_.begin()->second;
    leaving_.erase(leaving_.begin());
    LiveSeries* const series = model_->FindSeries(ref);
    if (series == nullptr) {
      continue;
    }
    const std::vector<LivePartition*> partitions = series->partitions;
    model_->RemoveSeries(series);
    for (LivePartition* partition : partitions) {
      if (partition->members.empty()) {
        partition->trigger = {LiveCause::kDeadline, std::nullopt, now_, deps_.clock->SteadyNanos()};
        Queue(partition);
      }
    }
  }
}

// When to evaluate.

// Before then a partition in which something has come is not evaluated.
Timestamp LiveEngine::Core::EarliestOf(const LivePartition& partition) const {
  Timestamp earliest = partition.hold_until;
  if (partition.gate != nullptr && !partition.gate->whole()) {
    earliest = std::max(earliest, partition.settle_until);
  }
  if (!partition.scope->rule->splits() && partition.evaluated_at != model::kMinTimestamp) {
    earliest = std::max(earliest, partition.evaluated_at + options_.tick_ms);
  }
  if (partition.dirty && partition.evaluated_at != model::kMinTimestamp) {
    earliest = std::max(earliest, partition.evaluated_at + pacer_.pause_ms());
  }
  return earliest;
}

// Begins to wait when a scrape is seen to be half.
void LiveEngine::Core::LookAtScrapes(LivePartition* partition) {
  const bool half = partition->gate != nullptr && !partition->gate->whole();
  if (!half) {
    partition->settling = false;
  } else if (partition->dirty && !partition->settling) {
    partition->settling = true;
    partition->settle_until = now_ + options_.settle_ms;
  }
}

void LiveEngine::Core::Plan(LivePartition* partition) {
  if (partition->queued) {
    return;
  }
  LookAtScrapes(partition);
  Timestamp at = now_;
  if (!partition->dirty) {
    at = std::max(evaluator_.NextDeadline(*partition), partition->evaluated_at + 1);
  }
  at = std::max(at, EarliestOf(*partition));
  if (at <= now_) {
    if (!partition->dirty) {
      partition->trigger = {partition->truth_ticks && partition->truth_until <= now_
                                ? LiveCause::kTick
                                : LiveCause::kDeadline,
                            std::nullopt, at, deps_.clock->SteadyNanos() - (now_ - at) * 1'000'000};
    }
    Queue(partition);
    return;
  }
  if (partition->late != nullptr && partition->late->from <= partition->late->until) {
    at = std::min(at, partition->late->due);
  }
  if (at == model::kMaxTimestamp) {
    deadlines_.Clear(partition);
  } else {
    deadlines_.Set(partition, at);
  }
}

void LiveEngine::Core::Queue(LivePartition* partition) {
  if (partition->queued) {
    return;
  }
  partition->queued = true;
  deadlines_.Clear(partition);
  const uint32_t rank = partition->scope->rule->rank();
  (rank_.has_value() && rank <= *rank_ ? next_ready_ : ready_)[rank].push_back(partition);
}

// Partitions that have just been made have never been evaluated.
void LiveEngine::Core::QueueNew() {
  for (LivePartition* partition : model_->TakeMade()) {
    if (!partition->dirty) {
      partition->trigger = {LiveCause::kDeadline, std::nullopt, now_, deps_.clock->SteadyNanos()};
      partition->dirty = true;
    }
    Plan(partition);
  }
}

void LiveEngine::Core::TakeDeadlines() {
  while (!deadlines_.empty() && deadlines_.first()->slot.at <= now_) {
    LivePartition* const partition = deadlines_.first();
    deadlines_.Clear(partition);
    LateWork* const late = partition->late.get();
    if (late != nullptr && late->from <= late->until && late->due <= now_ && !late->queued) {
      late->queued = true;
      late->due = model::kMaxTimestamp;
      late_.push_back(partition);
    }
    if (partition->settling && partition->settle_until <= now_ && !partition->gate->whole()) {
      ++partition->scope->rule->figures.settle_expiries;
      partition->gate->GiveUp();
    }
    Plan(partition);
  }
}

bool LiveEngine::Core::DropIfDone(LivePartition* partition) {
  const LateWork* const late = partition->late.get();
  const bool done = partition->members.empty() && partition->scope->rule->splits() &&
                    partition->alerts == nullptr && partition->written == nullptr &&
                    (late == nullptr || !late->queued);
  if (done) {
    deadlines_.Clear(partition);
    LiveModel::RemovePartition(partition);
  }
  return done;
}

// Evaluating.

void LiveEngine::Core::SetNow(Timestamp now) { now_ = std::max(now_, now); }

// Does what is due; false if the time was up before.
bool LiveEngine::Core::Work(int64_t until_nanos) {
  while (true) {
    TakeArrivals();
    if (model_ == nullptr) {
      return true;
    }
    ForgetLeft();
    TakeDeadlines();
    if (ready_.empty()) {
      return true;
    }
    if (!RunRound(until_nanos)) {
      return false;
    }
  }
}

bool LiveEngine::Core::RunRound(int64_t until_nanos) {
  while (!ready_.empty()) {
    const auto first = ready_.begin();
    rank_ = first->first;
    while (!first->second.empty()) {
      LivePartition* const partition = first->second.back();
      first->second.pop_back();
      EvaluateQueued(partition);
      if (until_nanos != kNoLimit && deps_.clock->SteadyNanos() >= until_nanos) {
        FinishRank();
        return false;
      }
    }
    ready_.erase(first);
    FinishRank();
  }
  rank_.reset();
  std::swap(ready_, next_ready_);
  return true;
}

void LiveEngine::Core::EvaluateQueued(LivePartition* partition) {
  const LiveTrigger trigger = partition->trigger;
  partition->queued = false;
  // The next scrape may have begun since it was queued.
  LookAtScrapes(partition);
  if (partition->dirty && EarliestOf(*partition) > now_) {
    return Plan(partition);
  }
  partition->settling = false;
  evaluator_.Evaluate(partition, now_, trigger);
  LateWork* const late = partition->late.get();
  if (late != nullptr && !late->queued && late->from > late->until &&
      trigger.cause == LiveCause::kArrival) {
    partition->late.reset();
  }
  if (!DropIfDone(partition)) {
    Plan(partition);
  }
}

void LiveEngine::Core::CommitWritten() {
  if (evaluator_.TakeUncommitted()) {
    deps_.sink->Commit().IgnoreError();  // told by the sink, which knows what it could not write
    TakeArrivals();
  }
}

void LiveEngine::Core::FinishRank() {
  CommitWritten();
  for (LiveScope* scope : evaluator_.TakeReleased()) {
    for (const auto& [labels, partition] : scope->partitions) {
      partition->dirty = true;
      Plan(partition.get());
    }
  }
}

void LiveEngine::Core::RunLate() {
  if (late_.empty()) {
    return;
  }
  LivePartition* const partition = late_.back();
  late_.pop_back();
  partition->late->queued = false;
  const bool done = evaluator_.EvaluateLate(partition, now_, kLateBudget);
  if (done) {
    partition->late->from = partition->late->until + 1;
    partition->dirty = partition->dirty || partition->alerts != nullptr;
    Plan(partition);
  } else {
    partition->late->queued = true;
    late_.insert(late_.begin(), partition);
  }
  CommitWritten();
}

void LiveEngine::Core::RunDue(Timestamp now) {
  base::MutexLock lock(&mu_);
  SetNow(now);
  do {
    Work(kNoLimit);
    RunLate();
  } while (!late_.empty() || !ready_.empty());
}

std::optional<Timestamp> LiveEngine::Core::NextDue() const {
  base::MutexLock lock(&mu_);
  return NextDueLocked();
}

std::optional<Timestamp> LiveEngine::Core::NextDueLocked() const {
  if (!ready_.empty() || !late_.empty()) {
    return now_;
  }
  std::optional<Timestamp> next;
  if (!deadlines_.empty()) {
    next = deadlines_.first()->slot.at;
  }
  if (!leaving_.empty()) {
    const Timestamp left = leaving_.begin()->first + 1;
    next = next.has_value() ? std::min(*next, left) : left;
  }
  return next;
}

void LiveEngine::Core::Start() {
  stopping_.store(false, std::memory_order_relaxed);
  thread_ = std::thread([this] { Loop(); });
}

void LiveEngine::Core::Stop() {
  if (!thread_.joinable()) {
    return;
  }
  stopping_.store(true, std::memory_order_relaxed);
  deps_.store->arrivals()->Wake(this);
  thread_.join();
}

// Does what is due for a while; false if the time was up before.
bool LiveEngine::Core::WorkASlice() {
  const int64_t begin = deps_.clock->SteadyNanos();
  const bool done = Work(begin + kSliceNanos);
  if (done) {
    RunLate();
  }
  pacer_.Note(begin, deps_.clock->SteadyNanos());
  return done;
}

void LiveEngine::Core::Loop() {
  pthread_setname_np(pthread_self(), "alert-live");
  while (!stopping_.load(std::memory_order_relaxed)) {
    int64_t wait_ms = 0;
    {
      base::MutexLock lock(&mu_);
      SetNow(wall_.NowMs());
      if (WorkASlice()) {
        const Timestamp next = NextDueLocked().value_or(now_ + kIdleMs);
        wait_ms = std::clamp<int64_t>(next - wall_.NowMs(), 0, kIdleMs);
      }
    }
    if (wait_ms > 0) {
      Wait(wait_ms);
    }
  }
}

// The public face.

LiveEngine::LiveEngine(const LiveOptions& options, const LiveDeps& deps)
    : core_(std::make_unique<Core>(options, deps)) {}
LiveEngine::~LiveEngine() = default;
absl::Status LiveEngine::Apply(RuleFileSet files) { return core_->Apply(std::move(files)); }
void LiveEngine::Restore(std::vector<SavedAlert> alerts) { core_->Restore(std::move(alerts)); }
std::vector<SavedAlert> LiveEngine::Save() const { return core_->Save(); }
void LiveEngine::Forget(model::LabelsView cluster) { core_->Forget(cluster); }
std::vector<LiveGroupStatus> LiveEngine::Status() const { return core_->Status(); }
LiveTotals LiveEngine::totals() const { return core_->totals(); }
void LiveEngine::Start() { core_->Start(); }
void LiveEngine::Stop() { core_->Stop(); }
void LiveEngine::RunDue(Timestamp now_ms) { core_->RunDue(now_ms); }
std::optional<Timestamp> LiveEngine::NextDue() const { return core_->NextDue(); }

}  // namespace tidemark::alert
