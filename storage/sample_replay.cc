#include "storage/sample_replay.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace tidemark::storage {
namespace {

constexpr size_t kBatchSamples = 4096;
constexpr size_t kMaxWaiting = 32;  // batches a thread may be behind
// How far ahead of an append its series is fetched from memory.
constexpr size_t kFetchAhead = 12;
// Appends retire chunks that they outgrow; nobody else frees them during recovery.
constexpr uint64_t kBatchesPerCollect = 16;

using Batch = std::vector<JournalSample>;

}  // namespace

// One thread and the batches on their way to it. Batches go round: filled by the reader, emptied by
// the thread, filled again.
class SampleReplay::Lane {
 public:
  explicit Lane(Head* head) : head_(head), thread_([this] { Run(); }) {
    filling_.reserve(kBatchSamples);
  }
  ~Lane() {
    Drain();
    {
      base::MutexLock lock(&mu_);
      stopping_ = true;
      changed_.SignalAll();
    }
    thread_.join();
  }
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  void Add(const JournalSample& sample) {
    filling_.push_back(sample);
    if (filling_.size() == kBatchSamples) {
      HandOver();
    }
  }

  void Drain() ABSL_LOCKS_EXCLUDED(mu_) {
    if (!filling_.empty()) {
      HandOver();
    }
    base::MutexLock lock(&mu_);
    while (!waiting_.empty() || busy_) {
      changed_.Wait(&mu_);
    }
  }

  void AddTo(Counts* counts) const ABSL_LOCKS_EXCLUDED(mu_) {
    base::MutexLock lock(&mu_);
    counts->appended += counts_.appended;
    counts->unknown.insert(counts_.unknown.begin(), counts_.unknown.end());
  }

 private:
  void HandOver() ABSL_LOCKS_EXCLUDED(mu_) {
    base::MutexLock lock(&mu_);
    while (waiting_.size() >= kMaxWaiting) {
      changed_.Wait(&mu_);
    }
    waiting_.push_back(std::move(filling_));
    filling_ = Batch();
    if (!empty_.empty()) {
      filling_ = std::move(empty_.back());
      empty_.pop_back();
    }
    filling_.reserve(kBatchSamples);
    changed_.SignalAll();
  }

  void Run() ABSL_LOCKS_EXCLUDED(mu_) {
    pthread_setname_np(pthread_self(), "replay");
    for (uint64_t batches = 1;; ++batches) {
      Batch batch;
      {
        base::MutexLock lock(&mu_);
        while (waiting_.empty() && !stopping_) {
          changed_.Wait(&mu_);
        }
        if (waiting_.empty()) {
          return;
        }
        batch = std::move(waiting_.front());
        waiting_.pop_front();
        busy_ = true;
      }
      Counts appended = Append(batch);
      if (batches % kBatchesPerCollect == 0) {
        head_->epochs()->Collect();
      }
      batch.clear();
      base::MutexLock lock(&mu_);
      Count(std::move(appended));
      empty_.push_back(std::move(batch));
      busy_ = false;
      changed_.SignalAll();
    }
  }

  Counts Append(const Batch& batch) const {
    base::EpochDomain::Guard guard(head_->epochs());
    Counts counts;
    for (size_t i = 0; i < batch.size(); ++i) {
      if (i + kFetchAhead < batch.size()) {
        __builtin_prefetch(head_->series(batch[i + kFetchAhead].ref), 1);
      }
      const JournalSample& entry = batch[i];
      if (HeadSeries* const series = head_->series(entry.ref); series != nullptr) [[likely]] {
        series->Replay(entry.sample, entry.in_order, head_->epochs());
        ++counts.appended;
      } else {
        ++counts.unknown[entry.ref];
      }
    }
    return counts;
  }

  void Count(Counts counts) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    counts_.appended += counts.appended;
    for (const auto& [ref, samples] : counts.unknown) {
      counts_.unknown[ref] += samples;
    }
  }

  Head* const head_;
  Batch filling_;  // the reader's

  mutable base::Mutex mu_;
  base::CondVar changed_;
  std::deque<Batch> waiting_ ABSL_GUARDED_BY(mu_);
  std::vector<Batch> empty_ ABSL_GUARDED_BY(mu_);
  Counts counts_ ABSL_GUARDED_BY(mu_);
  bool busy_ ABSL_GUARDED_BY(mu_) = false;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;

  std::thread thread_;  // last: it uses all of the above
};

SampleReplay::SampleReplay(Head* head, size_t threads) {
  for (size_t i = 0; i < std::max<size_t>(threads, 1); ++i) {
    lanes_.push_back(std::make_unique<Lane>(head));
  }
}

SampleReplay::~SampleReplay() = default;

void SampleReplay::Add(std::span<const JournalSample> samples) {
  drained_ = false;
  for (const JournalSample& sample : samples) {
    lanes_[sample.ref / kNeighbours % lanes_.size()]->Add(sample);
  }
}

void SampleReplay::Drain() {
  if (drained_) {
    return;
  }
  drained_ = true;
  for (const auto& lane : lanes_) {
    lane->Drain();
  }
}

SampleReplay::Counts SampleReplay::counts() const {
  Counts counts;
  for (const auto& lane : lanes_) {
    lane->AddTo(&counts);
  }
  return counts;
}

}  // namespace tidemark::storage
