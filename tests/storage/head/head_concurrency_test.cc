// Many threads, few series: every sample is there exactly once, in order, while readers look and
// the sweep captures.
#include <atomic>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "storage/head/head.h"
#include "storage/head/head_series.h"

namespace tidemark::storage {
namespace {

using base::EpochDomain;
using model::Sample;
using model::Timestamp;

constexpr int kThreads = 4;

// All samples of a capture, none of which may have been in one before.
void AddTo(std::map<Timestamp, double>* samples, const SeriesCapture& capture) {
  const SampleColumns& columns = capture.in_order;
  for (size_t i = 0; i < columns.size(); ++i) {
    EXPECT_TRUE(samples->emplace(columns.timestamps[i], columns.values[i]).second)
        << "twice: " << columns.timestamps[i];
  }
  for (const Sample& sample : capture.late) {
    EXPECT_TRUE(samples->emplace(sample.t, sample.v).second) << "late twice: " << sample.t;
  }
}

TEST(HeadConcurrency, StoresEverySampleOnceWhileThreadsFightForOneSeries) {
  constexpr int kPerThread = 20'000;
  EpochDomain epochs;
  const model::Labels labels = model::Labels::Of({{"__name__", "x"}});
  const HeadSeries::Owner owner(HeadSeries::Create(1, 1, labels.bytes()));
  HeadSeries& series = *owner;
  std::atomic<int> running{kThreads};
  std::atomic<uint64_t> delegated{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kPerThread; ++i) {
        EpochDomain::Guard guard(&epochs);
        const Timestamp t = Timestamp{i} * kThreads + thread;
        const AppendResult result = series.Append({t, static_cast<double>(t)}, &epochs);
        ASSERT_NE(result, AppendResult::kConflict);
        ASSERT_NE(result, AppendResult::kDuplicate);
        delegated += result == AppendResult::kDelegated ? 1 : 0;
      }
      --running;
    });
  }
  threads.emplace_back([&] {  // a reader: each prefix is ascending and carries its own time
    while (running > 0) {
      EpochDomain::Guard guard(&epochs);
      const SeriesView view = series.View();
      for (const auto& [chunk, count] : view.chunks) {
        SampleColumns columns;
        ASSERT_TRUE(DecodeStream(chunk->readable_bytes(), count, model::kMinTimestamp,
                                 model::kMaxTimestamp, &columns)
                        .ok());
        ASSERT_EQ(columns.size(), count);
        for (size_t i = 0; i < columns.size(); ++i) {
          ASSERT_EQ(columns.values[i], static_cast<double>(columns.timestamps[i]));
          ASSERT_TRUE(i == 0 || columns.timestamps[i - 1] < columns.timestamps[i]);
        }
      }
      for (uint32_t i = 0; i < view.late_count; ++i) {
        ASSERT_EQ(view.late->samples()[i].v, static_cast<double>(view.late->samples()[i].t));
      }
    }
  });
  std::map<Timestamp, double> stored;
  const auto sweep = [&] {
    if (series.dirty()) {
      const SeriesCapture capture = series.Capture(&epochs);
      AddTo(&stored, capture);
      series.Persisted(capture, &epochs);
    }
    epochs.Collect();
  };
  while (running > 0) {
    sweep();
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  sweep();
  ASSERT_EQ(stored.size(), static_cast<size_t>(kThreads * kPerThread));
  Timestamp expected = 0;
  for (const auto& [t, v] : stored) {
    ASSERT_EQ(t, expected++);
    ASSERT_EQ(v, static_cast<double>(t));
  }
  RecordProperty("delegated", static_cast<int>(delegated));
}

// Whether a reader that begins now finds a sample at `t`, with `t` for its value.
bool IsVisible(const HeadSeries& series, Timestamp t) {
  const SeriesView view = series.View();
  for (uint32_t i = view.late_count; i > 0; --i) {
    if (view.late->samples()[i - 1].t == t) {
      return true;
    }
  }
  for (const auto& [chunk, count] : view.chunks) {
    SampleColumns columns;
    if (DecodeStream(chunk->readable_bytes(), count, t, t, &columns).ok() && columns.size() == 1) {
      return columns.values[0] == static_cast<double>(t);
    }
  }
  return false;
}

TEST(HeadConcurrency, ShowsAReaderEverySampleWhoseAppendReturnedBefore) {
  constexpr int kPerThread = 20'000;
  constexpr int kRound = 500;
  EpochDomain epochs;
  const model::Labels labels = model::Labels::Of({{"__name__", "x"}});
  // Few samples in memory at a time, so that looking for one is quick.
  for (int round = 0; round < kPerThread / kRound; ++round) {
    const HeadSeries::Owner owner(HeadSeries::Create(1, 1, labels.bytes()));
    HeadSeries& series = *owner;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < kRound; ++i) {
          EpochDomain::Guard guard(&epochs);
          const Timestamp t = Timestamp{i} * kThreads + thread;
          const AppendResult result = series.Append({t, static_cast<double>(t)}, &epochs);
          ASSERT_TRUE(series.MayOverlap(t, t)) << t;
          ASSERT_TRUE(IsVisible(series, t)) << t << ", append gave " << static_cast<int>(result);
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    epochs.Collect();
  }
}

TEST(HeadConcurrency, RegistersEachLabelSetOnceAndAnnouncesItBeforeItCanBeFound) {
  constexpr int kSeries = 3000;
  Head head(5);
  std::vector<model::Labels> labels;
  for (int i = 0; i < kSeries; ++i) {
    labels.push_back(model::Labels::Of({{"__name__", "m"}, {"i", std::to_string(i)}}));
  }
  std::vector<std::atomic<int>> announced(kSeries + 1);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      std::mt19937 rng(static_cast<uint32_t>(thread));
      for (int round = 0; round < 200; ++round) {
        EpochDomain::Guard guard(head.epochs());
        std::vector<Head::Wanted> wanted;
        for (int n = 0; n < 40; ++n) {
          const model::Labels& l = labels[rng() % kSeries];
          const model::Hash128 hash = head.table().Hash(l.bytes());
          if (const HeadSeries* found = head.table().Find(l.bytes(), hash); found != nullptr) {
            ASSERT_EQ(announced[found->ref()], 1);
            ASSERT_EQ(head.series(found->ref()), found);
          } else {
            wanted.push_back({l, hash, nullptr});
          }
        }
        head.Register(wanted, [&](std::span<HeadSeries* const> created) {
          for (const HeadSeries* series : created) {
            ++announced[series->ref()];
          }
        });
        for (const Head::Wanted& want : wanted) {
          ASSERT_NE(want.series, nullptr);
          ASSERT_EQ(want.series->label_bytes(), want.labels.bytes());
        }
        head.epochs()->Collect();
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(head.series_count(), head.last_ref());
  for (SeriesRef ref = 1; ref <= head.last_ref(); ++ref) {
    EXPECT_EQ(announced[ref], 1) << ref;
  }
}

}  // namespace
}  // namespace tidemark::storage
