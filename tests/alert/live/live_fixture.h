// LiveFixture runs a LiveEngine step by step over a store in memory and a clock that a test moves.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "alert/live/live_engine.h"
#include "alert/rules/rule_parser.h"
#include "fmt/format.h"
#include "query/engine/engine.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/live_memory_store.h"

namespace tidemark::alert {

// Keeps what the engine gives, as texts, and writes series back into the store.
class RecordingSink final : public LiveSink {
 public:
  explicit RecordingSink(testing::LiveMemoryStore* store) : store_(store) {}

  absl::Status Write(model::LabelsView labels, model::Sample sample) override {
    waiting_.push_back({model::Labels(labels), sample});
    return absl::OkStatus();
  }
  absl::Status Commit() override {
    store_->Put(std::exchange(waiting_, {}));
    return absl::OkStatus();
  }
  void Changed(const LiveTransition& change) override {
    const Transition& transition = change.transition;
    changes.push_back(fmt::format("{} {} {}>{} at {}{}", ToString(change.cause),
                                  transition.alert.labels.ToString(), ToString(transition.from),
                                  ToString(transition.to), transition.t,
                                  transition.alert.silent_since.has_value() ? " silent" : ""));
    if (on_change != nullptr) {
      on_change();
    }
  }
  void Send(std::span<const DueAlert> alerts) override {
    for (const DueAlert& due : alerts) {
      sent.push_back(fmt::format("{} {}{}", due.alert.labels.ToString(), ToString(due.alert.state),
                                 due.decided_nanos.has_value() ? "" : " again"));
    }
  }

  std::vector<std::string> TakeChanges() { return std::exchange(changes, {}); }
  std::vector<std::string> TakeSent() { return std::exchange(sent, {}); }

  std::vector<std::string> changes;
  std::vector<std::string> sent;
  std::function<void()> on_change;  // called at each; may be empty

 private:
  testing::LiveMemoryStore* const store_;
  std::vector<testing::LiveMemoryStore::Write> waiting_;
};

class LiveFixture : public ::testing::Test {
 protected:
  static constexpr int64_t kStart = 1'700'000'000'000;

  LiveFixture() { options_.settle_ms = options_.catch_up_ms = 0; }

  // Rules as YAML, indented as below `rules:` of a group `g`.
  static RuleFileSet Parse(const std::string& rules, const std::string& group_keys = "") {
    const ParsedRuleFile parsed = ParseRuleFile(
        "rules.yml", fmt::format("groups:\n- name: g\n{}  rules:\n{}", group_keys, rules));
    EXPECT_TRUE(parsed.status().ok()) << parsed.status();
    return {parsed.file};
  }
  // `  - alert: NAME` with its expression and further lines.
  static std::string AlertText(const std::string& name, const std::string& expr,
                               const std::string& more = "") {
    return fmt::format("  - alert: {}\n    expr: '{}'\n{}", name, expr, more);
  }

  void Open(const RuleFileSet& rules) {
    live_.reset();
    live_ = std::make_unique<LiveEngine>(options_, LiveDeps{&engine_, &store_, &clock_, &sink_});
    const absl::Status applied = live_->Apply(rules);
    ASSERT_TRUE(applied.ok()) << applied;
    Run();
  }
  void Run() { live_->RunDue(clock_.NowMs()); }
  // Moves the clock, doing what is due on the way at its time.
  void RunUntil(model::Timestamp until) {
    for (auto due = live_->NextDue(); due.has_value() && *due < until; due = live_->NextDue()) {
      clock_.Set(std::max(*due, clock_.NowMs()));
      Run();
    }
    clock_.Set(until);
    Run();
  }
  void RunFor(int64_t ms) { RunUntil(clock_.NowMs() + ms); }
  void Put(const model::Labels& labels, double v) { PutAt(labels, clock_.NowMs(), v); }
  void PutAt(const model::Labels& labels, model::Timestamp t, double v) {
    store_.Put(labels, t, v);
    Run();
  }

  // The alerts that were true when last evaluated.
  static std::set<std::string> TrueAlerts(const LiveEngine& live, const std::string& rule = "") {
    std::set<std::string> found;
    for (const SavedAlert& saved : live.Save()) {
      if (saved.alert.is_true && (rule.empty() || saved.rule == rule)) {
        found.insert(saved.alert.labels.ToString());
      }
    }
    return found;
  }
  std::set<std::string> TrueAlerts(const std::string& rule = "") const {
    return TrueAlerts(*live_, rule);
  }
  static model::Labels Series(const std::string& name,
                              std::vector<std::pair<std::string, std::string>> labels = {}) {
    labels.emplace_back("__name__", name);
    return model::Labels::Of(labels);
  }

  testing::FakeClock clock_{kStart};
  testing::LiveMemoryStore store_{&clock_};
  query::Engine engine_{&store_, &clock_, {}};
  RecordingSink sink_{&store_};
  LiveOptions options_;
  std::unique_ptr<LiveEngine> live_;
};

}  // namespace tidemark::alert
