#include "query/engine/series_rows.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "base/status_macros.h"

namespace tidemark::query {
namespace {

using storage::SampleColumns;
using storage::SeriesSet;

// The work of one series is estimated in cells: its steps, the samples it likely has, and what
// finding it costs.
constexpr int64_t kSampleMs = 15'000;
constexpr size_t kCellsPerSeries = 64;
// A run is long enough to forget what handing it over costs, and short enough for a core's cache.
constexpr size_t kCellsPerRun = 1 << 17;
constexpr size_t kMostSeriesPerRun = 1024;
// Fewer runs are not worth a second thread.
constexpr size_t kRunsToShare = 2;
// Runs that may wait for their turn, for each thread.
constexpr size_t kRunsPerThread = 2;

size_t SeriesPerRun(const RowJob& job) {
  const size_t cells = kCellsPerSeries + job.steps +
                       static_cast<size_t>(std::max<int64_t>(job.span_ms, 0) / kSampleMs);
  return std::clamp<size_t>(kCellsPerRun / cells, 1, kMostSeriesPerRun);
}

// Rows of some series, and the memory they are computed in. Thread-compatible.
class RowRun {
 public:
  // Forgets what it has; there is room for `rows` rows afterwards.
  void Reset(size_t rows, size_t steps) {
    steps_ = steps;
    rows_.clear();
    samples_read_ = 0;
    values_.resize(rows * steps);
    present_.assign(rows * PresenceWords(steps), 0);
  }

  // Computes the row of the present series of `set`, and adds it if it has a value.
  absl::Status Add(const RowJob& job, SeriesSet* set, WorkMeter* meter) {
    samples_.clear();
    RETURN_IF_ERROR(set->Read(&samples_));
    const size_t read = samples_.size();
    samples_read_ += read;
    RETURN_IF_ERROR(meter->Spend(read));
    const size_t words = PresenceWords(steps_);
    const Row row{
        {}, values_.data() + rows_.size() * steps_, present_.data() + rows_.size() * words};
    RETURN_IF_ERROR(job.make(&samples_, row, meter));
    if (std::any_of(row.present, row.present + words, [](uint64_t bits) { return bits != 0; })) {
      rows_.push_back({set->labels(), row, samples_.size()});
    }
    return meter->Spend(steps_);
  }

  absl::Status Take(const RowJob& job, EvalContext* context) const {
    context->CountRead(samples_read_);
    for (const Made& made : rows_) {
      const size_t held = job.holds_samples ? made.samples : 0;
      context->budget().Charge(held);
      absl::Status taken = job.take(made.labels, made.row);
      context->budget().Release(held);
      RETURN_IF_ERROR(taken);
      RETURN_IF_ERROR(context->Spend(steps_));
    }
    return absl::OkStatus();
  }

 private:
  struct Made {
    model::LabelsView labels;
    Row row;
    size_t samples = 0;
  };

  size_t steps_ = 0;
  std::vector<Made> rows_;
  size_t samples_read_ = 0;
  SampleColumns samples_;
  std::vector<double> values_;
  std::vector<uint64_t> present_;
};

// One series after the other, each taken as soon as it is made.
absl::Status RunAlone(EvalContext* context, SeriesSet* set, const RowJob& job) {
  RowRun run;
  while (set->Next()) {
    run.Reset(1, job.steps);
    RETURN_IF_ERROR(run.Add(job, set, &context->meter()));
    RETURN_IF_ERROR(run.Take(job, context));
  }
  return absl::OkStatus();
}

// SharedRun is the work of one ForEachRow for several threads.
//
// Run i is in slot i modulo their number. It is claimed by one thread, which alone touches the slot
// until it has set `made`; from then on the slot is the query's thread's, until that has taken it.
class SharedRuns {
 public:
  SharedRuns(EvalContext* context, SeriesSet* set, const RowJob& job)
      : context_(*context),
        set_(*set),
        job_(job),
        series_per_run_(SeriesPerRun(job)),
        places_(set->places()),
        runs_((places_ + series_per_run_ - 1) / series_per_run_),
        slots_(std::min(runs_, kRunsPerThread * (context->helpers()->threads() + 1))) {}

  absl::Status Run() {
    CallHelpers();
    absl::Status status = TakeAll();
    abandoned_.store(true, std::memory_order_relaxed);
    base::MutexLock lock(&mu_);
    changed_.SignalAll();
    while (helping_ > 0) {
      changed_.Wait(&mu_);
    }
    return status;
  }

 private:
  struct Slot {
    RowRun run;
    absl::Status status;
    bool made = false;  // guarded by mu_
  };

  void CallHelpers() {
    const size_t most = std::min(context_.helpers()->threads(), runs_ - 1);
    for (size_t i = 0; i < most; ++i) {
      {
        base::MutexLock lock(&mu_);
        ++helping_;
      }
      // The set is made here: that of the query's thread is in use as soon as this returns.
      auto help = [this, set = set_.Another()] { Help(set.get()); };
      if (!context_.helpers()->TryRun(std::move(help))) {
        base::MutexLock lock(&mu_);
        --helping_;
        return;
      }
    }
  }

  void Help(SeriesSet* set) {
    WorkMeter meter = context_.meter().Another(&abandoned_);
    mu_.Lock();
    while (!abandoned_.load(std::memory_order_relaxed) && next_claim_ < runs_) {
      if (MayClaim()) {
        const size_t run = next_claim_++;
        mu_.Unlock();
        Compute(run, set, &meter);
        mu_.Lock();
        Publish(run);
      } else {
        changed_.Wait(&mu_);
      }
    }
    --helping_;
    changed_.SignalAll();
    mu_.Unlock();
  }

  // The query's thread takes the run whose turn it is, and computes others while that is not made.
  absl::Status TakeAll() {
    mu_.Lock();
    while (next_take_ < runs_) {
      Slot& slot = slots_[next_take_ % slots_.size()];
      if (slot.made) {
        mu_.Unlock();
        RETURN_IF_ERROR(TakeSlot(&slot));
        mu_.Lock();
        slot.made = false;
        ++next_take_;
        changed_.SignalAll();
      } else if (MayClaim()) {
        const size_t run = next_claim_++;
        mu_.Unlock();
        Compute(run, &set_, &context_.meter());
        mu_.Lock();
        Publish(run);
      } else {
        changed_.Wait(&mu_);
      }
    }
    mu_.Unlock();
    return absl::OkStatus();
  }

  absl::Status TakeSlot(Slot* slot) {
    RETURN_IF_ERROR(slot->run.Take(job_, &context_));
    return slot->status;
  }

  bool MayClaim() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return next_claim_ < runs_ && next_claim_ < next_take_ + slots_.size();
  }

  void Publish(size_t run) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    slots_[run % slots_.size()].made = true;
    changed_.SignalAll();
  }

  void Compute(size_t number, SeriesSet* set, WorkMeter* meter) {
    Slot& slot = slots_[number % slots_.size()];
    const size_t begin = number * series_per_run_;
    const size_t end = std::min(begin + series_per_run_, places_);
    slot.run.Reset(end - begin, job_.steps);
    slot.status = absl::OkStatus();
    set->GoTo(begin, end);
    while (slot.status.ok() && set->Next()) {
      slot.status = slot.run.Add(job_, set, meter);
    }
  }

  EvalContext& context_;
  SeriesSet& set_;
  const RowJob& job_;
  const size_t series_per_run_;
  const size_t places_;
  const size_t runs_;
  std::vector<Slot> slots_;
  std::atomic<bool> abandoned_{false};  // by the query's thread: nothing more is wanted

  base::Mutex mu_;
  base::CondVar changed_;
  size_t next_claim_ ABSL_GUARDED_BY(mu_) = 0;
  size_t next_take_ ABSL_GUARDED_BY(mu_) = 0;
  size_t helping_ ABSL_GUARDED_BY(mu_) = 0;
};

bool IsWorthSharing(const EvalContext& context, const SeriesSet& set, const RowJob& job) {
  return job.shared && context.helpers() != nullptr &&
         set.places() > (kRunsToShare - 1) * SeriesPerRun(job);
}

}  // namespace

absl::Status ForEachRow(EvalContext* context, SeriesSet* set, const RowJob& job) {
  if (IsWorthSharing(*context, *set, job)) {
    return SharedRuns(context, set, job).Run();
  }
  return RunAlone(context, set, job);
}

}  // namespace tidemark::query
