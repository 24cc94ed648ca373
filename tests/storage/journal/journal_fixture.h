// A journal on a faulty disk, and what its tests do with it again and again.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "storage/journal/journal.h"
#include "storage/journal/journal_reader.h"
#include "tests/testing/faulty_file_system.h"

namespace tidemark::storage {

// Waits for the callbacks of entries and keeps what they said, in order.
class Answers {
 public:
  JournalEntry::Done Callback() {
    return [this](const absl::Status& status) {
      base::MutexLock lock(&mu_);
      // A copy that shares nothing: the sanitizer does not see the counts inside Abseil.
      statuses_.emplace_back(status.code(), status.message());
      changed_.Signal();
    };
  }

  // The first `count` answers.
  std::vector<absl::Status> Wait(size_t count) {
    base::MutexLock lock(&mu_);
    while (statuses_.size() < count) {
      changed_.Wait(&mu_);
    }
    return statuses_;
  }

 private:
  base::Mutex mu_;
  base::CondVar changed_;
  std::vector<absl::Status> statuses_ ABSL_GUARDED_BY(mu_);
};

// A clock that stands until it is moved.
class StandingClock final : public base::Clock {
 public:
  int64_t NowMs() const override { return SteadyNanos() / 1'000'000; }
  int64_t SteadyNanos() const override { return nanos_.load(std::memory_order_relaxed); }
  void AdvanceMs(int64_t ms) { nanos_.fetch_add(ms * 1'000'000, std::memory_order_relaxed); }

 private:
  // Writer: the test. Readers: any thread. Publishes nothing else.
  std::atomic<int64_t> nanos_{0};
};

struct Replayed {
  std::vector<std::string> payloads;
  std::vector<RecordPosition> positions;
  ReplayReport report;
};

inline absl::StatusOr<Replayed> TryReplay(base::FileSystem* fs, const std::string& dir) {
  Replayed replayed;
  auto report = ReplayJournal(fs, dir, [&](const RecordPosition& at, std::string_view payload) {
    replayed.positions.push_back(at);
    replayed.payloads.emplace_back(payload);
    return absl::OkStatus();
  });
  if (!report.ok()) {
    return report.status();
  }
  replayed.report = *std::move(report);
  return replayed;
}

class JournalFixture : public ::testing::Test {
 protected:
  static constexpr char kDir[] = "/journal";

  JournalFixture() {
    options_.dir = kDir;
    options_.segment_bytes = 1 << 20;
  }
  ~JournalFixture() override { std::fclose(log_stream_); }

  JournalDeps Deps(base::FileSystem* fs) { return {fs, &clock_, &logger_, &metrics_}; }

  std::unique_ptr<Journal> Open(base::FileSystem* fs, const JournalStart& start = {}) {
    auto journal = Journal::Open(options_, start, Deps(fs));
    EXPECT_TRUE(journal.ok()) << journal.status();
    return journal.ok() ? *std::move(journal) : nullptr;
  }
  std::unique_ptr<Journal> Open(const JournalStart& start = {}) { return Open(&fs_, start); }

  // Submits one entry and waits for its answer: a group of its own.
  static absl::Status Append(Journal* journal, std::string payload) {
    Answers answers;
    journal->Submit(std::make_unique<JournalEntry>(std::move(payload), answers.Callback()));
    return answers.Wait(1).front();
  }

  static Replayed Replay(base::FileSystem* fs) {
    auto replayed = TryReplay(fs, kDir);
    EXPECT_TRUE(replayed.ok()) << replayed.status();
    return replayed.ok() ? *std::move(replayed) : Replayed();
  }

  static std::string Path(SegmentId id) { return SegmentPath(kDir, id); }

  std::FILE* const log_stream_ = std::fopen("/dev/null", "w");
  base::Logger logger_{log_stream_};
  StandingClock clock_;
  base::MetricsRegistry metrics_;
  testing::FaultyFileSystem fs_;
  JournalOptions options_;
};

// The damage as text, one line each: "segment 1 at 48+40: cause".
inline std::string DamageText(const ReplayReport& report) {
  std::string text;
  for (const Damage& damage : report.damage) {
    text += fmt::format("segment {} at {}+{}: {}\n", damage.segment, damage.offset, damage.length,
                        damage.cause);
  }
  return text;
}

}  // namespace tidemark::storage
