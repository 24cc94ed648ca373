// The journal on the disk that holds the folder for temporary files (TMPDIR), and its parts.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include <benchmark/benchmark.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/crc32c.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/metrics.h"
#include "storage/journal/journal.h"
#include "storage/journal/journal_reader.h"

namespace tidemark::storage {
namespace {

constexpr size_t kEntryBytes = 64 << 10;

// A journal in a folder of its own, which goes with it.
class BenchJournal {
 public:
  explicit BenchJournal(SyncMode sync) {
    std::string pattern = (std::filesystem::temp_directory_path() / "tidemark-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
    JournalOptions options;
    options.dir = dir_;
    options.sync = sync;
    options.max_pending_bytes = 32 << 20;
    auto journal = Journal::Open(options, {}, {fs_.get(), &clock_, &logger_, &metrics_});
    TIDEMARK_CHECK(journal.ok());
    journal_ = *std::move(journal);
  }
  ~BenchJournal() {
    journal_.reset();
    std::filesystem::remove_all(dir_);
  }
  BenchJournal(const BenchJournal&) = delete;
  BenchJournal& operator=(const BenchJournal&) = delete;

  Journal* operator->() { return journal_.get(); }
  base::FileSystem* fs() { return fs_.get(); }
  const std::string& dir() const { return dir_; }

  // Keeps the folder small: what is closed is not read again.
  void Trim() {
    const auto closed = journal_->Cut();
    TIDEMARK_CHECK(closed.ok() && journal_->DeleteThrough(*closed).ok());
  }

 private:
  const std::unique_ptr<base::FileSystem> fs_ = base::NewPosixFileSystem();
  const base::SystemClock clock_;
  base::Logger logger_;
  base::MetricsRegistry metrics_;
  std::string dir_;
  std::unique_ptr<Journal> journal_;
};

// Range 0: SyncMode.
void BM_Journal_Submit(benchmark::State& state) {
  // Writer: the first thread, before the others start. Readers: all.
  static std::unique_ptr<BenchJournal> journal;
  if (state.thread_index() == 0) {
    journal = std::make_unique<BenchJournal>(static_cast<SyncMode>(state.range(0)));
  }
  const std::string payload(kEntryBytes, 'x');
  int64_t submitted = 0;
  for (auto _ : state) {
    while ((*journal)->Overloaded()) {
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    (*journal)->Submit(std::make_unique<JournalEntry>(payload));
    if (++submitted % 8192 == 0) {
      journal->Trim();
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(kEntryBytes));
  if (state.thread_index() == 0) {
    journal.reset();
  }
}
BENCHMARK(BM_Journal_Submit)
    ->ArgName("sync")
    ->Arg(static_cast<int>(SyncMode::kAlways))
    ->Arg(static_cast<int>(SyncMode::kInterval))
    ->Arg(static_cast<int>(SyncMode::kOff))
    ->ThreadRange(1, 2)
    ->MinTime(2)
    ->UseRealTime();

// From Submit() to the callback, one entry at a time. Range 0: SyncMode.
void BM_Journal_Acknowledge(benchmark::State& state) {
  BenchJournal journal(static_cast<SyncMode>(state.range(0)));
  const std::string payload(kEntryBytes, 'x');
  // Writer: the journal's thread. Reader: this one. Publishes that the entry is done with.
  std::atomic<int64_t> acknowledged{0};
  int64_t submitted = 0;
  for (auto _ : state) {
    journal->Submit(
        std::make_unique<JournalEntry>(payload, [&acknowledged](const absl::Status& status) {
          TIDEMARK_CHECK(status.ok());
          acknowledged.fetch_add(1, std::memory_order_release);
          acknowledged.notify_one();
        }));
    acknowledged.wait(submitted++, std::memory_order_acquire);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Journal_Acknowledge)
    ->ArgName("sync")
    ->Arg(static_cast<int>(SyncMode::kAlways))
    ->Arg(static_cast<int>(SyncMode::kOff))
    ->UseRealTime();

// Range 0: bytes of a record.
void BM_Journal_Replay(benchmark::State& state) {
  constexpr size_t kTotalBytes = 256 << 20;
  BenchJournal journal(SyncMode::kOff);
  const std::string payload(static_cast<size_t>(state.range(0)), 'x');
  for (size_t written = 0; written < kTotalBytes; written += payload.size()) {
    journal->Submit(std::make_unique<JournalEntry>(payload));
  }
  TIDEMARK_CHECK(journal->Cut().ok());
  uint64_t bytes = 0;
  for (auto _ : state) {
    const auto report = ReplayJournal(journal.fs(), journal.dir(),
                                      [&](const RecordPosition& /*at*/, std::string_view record) {
                                        bytes += record.size();
                                        return absl::OkStatus();
                                      });
    TIDEMARK_CHECK(report.ok() && report->damage.empty());
  }
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
}
BENCHMARK(BM_Journal_Replay)->Arg(512)->Arg(kEntryBytes)->Unit(benchmark::kMillisecond);

void BM_Crc32c_Extend(benchmark::State& state) {
  const std::string bytes(static_cast<size_t>(state.range(0)), 'x');
  for (auto _ : state) {
    benchmark::DoNotOptimize(base::Crc32c(bytes));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Crc32c_Extend)->Arg(32)->Arg(4096)->Arg(kEntryBytes);

}  // namespace
}  // namespace tidemark::storage
