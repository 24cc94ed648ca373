// What can change the value of an expression, and when, without the arrival of a sample.
//
// Between two arrivals the value of a node is constant but for known moments (a sample leaves the
// look-back or a range window, one enters through an offset, a subquery reaches its next step, a
// minute or a day begins), or it is linear in time with a slope known beforehand (`time() - x`),
// or it moves in a way that is not followed (`predict_linear`). A comparison of linear values has
// one crossing, which can be computed; one of values that are not followed has to be looked at
// again and again. `rate(x[5m])`, which extrapolates to both ends of its window, is between the
// two: it stands still while samples come as regularly as they have (internal/steady_window.h).
#pragma once

#include <string>
#include <vector>

#include "query/parser/ast.h"

namespace tidemark::alert {

// One selector of an expression and what it reads at evaluation time t: samples in
// (t - offset - window, t - offset], or at a fixed time.
struct RuleInput {
  const query::VectorSelector* selector = nullptr;
  std::string function;   // that the range is given to; empty for an instant selector
  int64_t range_ms = 0;   // of the selector itself; 0: look-back
  int64_t window_ms = 0;  // range, or look-back, with the subqueries around it
  int64_t offset_ms = 0;  // with those of the subqueries around it
  bool fixed = false;     // by `@`

  // Reads the sample that has just come.
  bool on_arrival() const { return !fixed && offset_ms <= 0; }
};

// A comparison whose sides move apart or towards each other at a known speed.
struct Crossing {
  const query::Binary* comparison = nullptr;
  double slope = 0;  // of left side minus right side, per second
};

struct TimeDependence {
  std::vector<RuleInput> inputs;    // in the order of the text
  std::vector<Crossing> crossings;  // solvable
  bool calendar = false;            // hour(), day_of_week(), ...
  bool subquery = false;
  // Why the expression has to be evaluated by ticks; empty when it need not.
  std::vector<std::string> tick_reasons;
  // What has to be so while samples of a rate, an increase or a delta are missing.
  std::vector<std::string> gap_reasons;

  bool ticks() const { return !tick_reasons.empty(); }
};

TimeDependence TimeDependenceOf(const query::Expr& expr, int64_t lookback_ms);

}  // namespace tidemark::alert
