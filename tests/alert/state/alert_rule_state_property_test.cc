// Random updates against a model that keeps no state: it looks through the whole history of what
// was true when, and says what follows from it.
#include <map>
#include <random>

#include "alert/state/alert_rule_state.h"
#include "fmt/format.h"
#include "gtest/gtest.h"

namespace tidemark::alert {
namespace {

struct Moment {
  model::Timestamp t = 0;
  std::vector<bool> is_true;  // of each alert
};

struct Expected {
  bool known = false;
  AlertState state = AlertState::kInactive;
  model::Timestamp active_at = 0;
  std::optional<model::Timestamp> fired_at = std::nullopt;
  std::optional<model::Timestamp> resolved_at = std::nullopt;
};

bool KeptBy(const AlertRuleSettings& settings, model::Timestamp false_since, model::Timestamp t) {
  return settings.keep_firing_for_ms > 0 && t - false_since < settings.keep_firing_for_ms;
}

// One spell of an alert: from the first moment it is true to the moment it ends.
struct Spell {
  Expected at_end;
  size_t next = 0;  // moment behind the spell
  bool ended = false;
};

Spell FollowSpell(const std::vector<Moment>& history, size_t first, size_t alert,
                  const AlertRuleSettings& settings) {
  Spell spell;
  Expected& now = spell.at_end;
  now = {.known = true, .state = AlertState::kPending, .active_at = history[first].t};
  std::optional<model::Timestamp> false_since;
  for (size_t i = first; i < history.size(); ++i) {
    const model::Timestamp t = history[i].t;
    if (history[i].is_true[alert]) {
      false_since.reset();
    } else if (!false_since) {
      false_since = t;
    }
    const bool firing = now.state == AlertState::kFiring;
    if (false_since && !(firing && KeptBy(settings, *false_since, t))) {
      now.state = AlertState::kInactive;
      now.resolved_at = t;
      now.known = firing;
      spell.ended = true;
      spell.next = i + 1;
      return spell;
    }
    if (!firing && t - now.active_at >= settings.for_ms) {
      now.state = AlertState::kFiring;
      now.fired_at = t;
    }
  }
  spell.next = history.size();
  return spell;
}

Expected Judge(const std::vector<Moment>& history, size_t alert,
               const AlertRuleSettings& settings) {
  Expected last;
  size_t i = 0;
  while (i < history.size()) {
    if (!history[i].is_true[alert]) {
      ++i;
      continue;
    }
    const Spell spell = FollowSpell(history, i, alert, settings);
    last = spell.at_end;
    i = spell.next;
  }
  const bool inactive = last.known && last.state == AlertState::kInactive;
  if (inactive && history.back().t - *last.resolved_at > kResolvedRetentionMs) {
    last.known = false;
  }
  return last;
}

class AlertRuleStateProperty : public ::testing::TestWithParam<uint32_t> {
 protected:
  static constexpr size_t kAlerts = 4;

  int64_t Pick(std::initializer_list<int64_t> choices) {
    return *(choices.begin() + static_cast<long>(random_() % choices.size()));
  }

  static std::string NameOf(size_t alert) { return std::string(1, static_cast<char>('a' + alert)); }

  static std::vector<TrueAlert> TrueIn(const Moment& moment) {
    std::vector<TrueAlert> alerts;
    for (size_t i = kAlerts; i-- > 0;) {
      if (moment.is_true[i]) {
        alerts.push_back(
            {model::Labels::Of({{"n", NameOf(i)}}), static_cast<double>(moment.t), {}});
      }
    }
    return alerts;
  }

  Moment NextMoment(model::Timestamp t, const Moment& last) {
    Moment moment{t, last.is_true};
    for (size_t i = 0; i < kAlerts; ++i) {
      if (random_() % 4 == 0) {
        moment.is_true[i] = !moment.is_true[i];
      }
    }
    return moment;
  }

  static void ExpectAs(const std::vector<Moment>& history, const AlertRuleState& state) {
    std::map<std::string, Alert> actual;
    for (const Alert& alert : state.alerts()) {
      actual[std::string(alert.labels.Get("n"))] = alert;
    }
    for (size_t i = 0; i < kAlerts; ++i) {
      const Expected expected = Judge(history, i, state.settings());
      const auto found = actual.find(NameOf(i));
      ASSERT_EQ(found != actual.end(), expected.known) << NameOf(i);
      if (expected.known) {
        EXPECT_EQ(found->second.state, expected.state);
        EXPECT_EQ(found->second.active_at, expected.active_at);
        EXPECT_EQ(found->second.fired_at, expected.fired_at);
        EXPECT_EQ(found->second.resolved_at, expected.resolved_at);
        EXPECT_EQ(found->second.is_true, static_cast<bool>(history.back().is_true[i]));
      }
    }
  }

  AlertRuleSettings RandomSettings() {
    return {.for_ms = Pick({0, 30'000, 100'000}), .keep_firing_for_ms = Pick({0, 45'000, 200'000})};
  }

  std::mt19937 random_{GetParam()};
};

TEST_P(AlertRuleStateProperty, FollowsFromTheHistoryOfWhatWasTrue) {
  SCOPED_TRACE(fmt::format("seed {}", GetParam()));
  AlertRuleState state(RandomSettings());
  std::vector<Moment> history;
  Moment moment{0, std::vector<bool>(kAlerts, false)};
  for (int i = 0; i < 60; ++i) {
    moment = NextMoment(moment.t + Pick({0, 1, 15'000, 30'000, 400'000}), moment);
    history.push_back(moment);
    ASSERT_TRUE(state.Update(moment.t, TrueIn(moment)).ok());
    ASSERT_NO_FATAL_FAILURE(ExpectAs(history, state));
  }
}

TEST_P(AlertRuleStateProperty, AdvanceIsAnUpdateWithWhatWasTrueBefore) {
  SCOPED_TRACE(fmt::format("seed {}", GetParam()));
  AlertRuleState advanced(RandomSettings());
  AlertRuleState updated(advanced.settings());
  Moment moment{0, std::vector<bool>(kAlerts, false)};
  for (int i = 0; i < 60; ++i) {
    moment = NextMoment(moment.t + Pick({1, 15'000, 400'000}), moment);
    ASSERT_TRUE(advanced.Update(moment.t, TrueIn(moment)).ok());
    ASSERT_TRUE(updated.Update(moment.t, TrueIn(moment)).ok());
    std::vector<TrueAlert> same = TrueIn(moment);
    moment.t += Pick({0, 10'000, 300'000});
    advanced.Advance(moment.t);
    ASSERT_TRUE(updated.Update(moment.t, std::move(same)).ok());
    ASSERT_TRUE(std::ranges::equal(advanced.alerts(), updated.alerts()));
  }
}

// Between two updates nothing changes before NextChange(), and something does then.
TEST_P(AlertRuleStateProperty, ChangesAtNextChangeAndNotBefore) {
  SCOPED_TRACE(fmt::format("seed {}", GetParam()));
  AlertRuleState state(RandomSettings());
  Moment moment{0, std::vector<bool>(kAlerts, false)};
  for (int i = 0; i < 60; ++i) {
    moment = NextMoment(moment.t + Pick({1, 15'000, 400'000}), moment);
    ASSERT_TRUE(state.Update(moment.t, TrueIn(moment)).ok());
    const std::vector<Alert> before(state.alerts().begin(), state.alerts().end());
    const auto next = state.NextChange();
    AlertRuleState early = state;
    early.Advance(next.value_or(moment.t + 10'000'000) - 1);
    ASSERT_TRUE(std::ranges::equal(early.alerts(), before));
    if (next) {
      ASSERT_GT(*next, moment.t);
      AlertRuleState late = state;
      late.Advance(*next);
      ASSERT_FALSE(std::ranges::equal(late.alerts(), before));
    }
  }
}

TEST_P(AlertRuleStateProperty, GoesOnAfterARestoreAsIfNothingHadBeen) {
  SCOPED_TRACE(fmt::format("seed {}", GetParam()));
  AlertRuleState whole(RandomSettings());
  AlertRuleState restarted(whole.settings());
  Moment moment{0, std::vector<bool>(kAlerts, false)};
  for (int i = 0; i < 60; ++i) {
    moment = NextMoment(moment.t + Pick({1, 15'000, 400'000}), moment);
    ASSERT_TRUE(whole.Update(moment.t, TrueIn(moment)).ok());
    ASSERT_TRUE(restarted.Update(moment.t, TrueIn(moment)).ok());
    EXPECT_EQ(whole.TakeDue(moment.t, 60'000, 15'000), restarted.TakeDue(moment.t, 60'000, 15'000));
    AlertRuleState fresh(whole.settings());
    fresh.Restore({restarted.alerts().begin(), restarted.alerts().end()});
    restarted = fresh;
    ASSERT_TRUE(std::ranges::equal(whole.alerts(), restarted.alerts()));
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, AlertRuleStateProperty, ::testing::Range(1u, 101u));

}  // namespace
}  // namespace tidemark::alert
