// The engine with its own thread, beside threads that write, reload and look.
#include <atomic>
#include <thread>

#include "tests/alert/live/live_fixture.h"

namespace tidemark::alert {
namespace {

class CountingSink final : public LiveSink {
 public:
  explicit CountingSink(testing::LiveMemoryStore* store) : store_(store) {}

  absl::Status Write(model::LabelsView labels, model::Sample sample) override {
    waiting_.push_back({model::Labels(labels), sample});
    return absl::OkStatus();
  }
  absl::Status Commit() override {
    store_->Put(std::exchange(waiting_, {}));
    return absl::OkStatus();
  }
  void Changed(const LiveTransition&) override { ++changes_; }
  void Send(std::span<const DueAlert>) override {}

 private:
  testing::LiveMemoryStore* const store_;
  std::vector<testing::LiveMemoryStore::Write> waiting_;
  size_t changes_ = 0;
};

TEST(LiveThreads, ComesToWhatAFullEvaluationGivesBesideWritersAndReloads) {
  constexpr int kWriters = 3;
  constexpr int kWrites = 300;
  base::SystemClock clock;
  testing::LiveMemoryStore store(&clock);
  const query::Engine engine(&store, &clock, {});
  CountingSink sink(&store);
  LiveOptions options;
  options.settle_ms = 5;
  options.tick_ms = 5;
  LiveEngine live(options, {&engine, &store, &clock, &sink});
  const auto rules = [](const char* third) {
    const ParsedRuleFile parsed =
        ParseRuleFile("r.yml", fmt::format("groups:\n- name: g\n  rules:\n"
                                           "  - {{alert: A, expr: 'm == 1'}}\n"
                                           "  - {{record: n, expr: 'sum by (w) (m)'}}\n"
                                           "  - {{alert: B, expr: 'n > {}'}}\n"
                                           "  - {{alert: C, expr: 'count(m == 1) > 2'}}\n",
                                           third));
    return RuleFileSet{parsed.file};
  };
  ASSERT_TRUE(live.Apply(rules("3")).ok());
  live.Start();
  std::vector<std::thread> threads;
  for (int w = 0; w < kWriters; ++w) {
    threads.emplace_back([&store, &clock, w] {
      for (int i = 0; i < kWrites; ++i) {
        const auto series = [w](int s) {
          return model::Labels::Of(
              {{"__name__", "m"}, {"w", std::to_string(w)}, {"s", std::to_string(s)}});
        };
        const model::Timestamp t = clock.NowMs();
        store.Put({{series(i % 7), {t, i % 2 * 1.0}}, {series(i % 5), {t, i % 3 * 1.0}}});
      }
    });
  }
  threads.emplace_back([&live, &rules] {
    for (int i = 0; i < 10; ++i) {
      EXPECT_TRUE(live.Apply(rules(i % 2 == 0 ? "4" : "3")).ok());
    }
  });
  threads.emplace_back([&live] {
    for (int i = 0; i < 50; ++i) {
      EXPECT_EQ(live.Status().size(), 1u);
      live.Save();
      live.totals();
    }
  });
  for (std::thread& thread : threads) {
    thread.join();
  }
  live.Stop();
  // What is left, and then what waited for the rest of its scrape.
  const model::Timestamp end = clock.NowMs() + 1000;
  live.RunDue(end - 100);
  live.RunDue(end);
  const auto expected = engine.Instant("m == 1", end);
  ASSERT_TRUE(expected.ok());
  size_t found = 0;
  for (const SavedAlert& saved : live.Save()) {
    found += saved.rule == "A" && saved.alert.is_true ? 1 : 0;
  }
  EXPECT_EQ(found, expected->vector.size());
  EXPECT_GT(live.totals().arrivals, 0u);
}

}  // namespace
}  // namespace tidemark::alert
