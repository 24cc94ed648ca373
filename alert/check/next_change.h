// NextChange tells when the truth of an expression can change though no sample arrives.
//
// Truth is which series the expression gives, whatever their values. From one evaluation time on
// it holds until the earliest of: a crossing of two linear values (`time() - x > c` at x + c), a
// sample leaving the look-back or its range, one reaching its offset, a step entering or leaving a
// subquery, the next minute of a calendar function, the moment at which the next sample of a rate
// is overdue. So an evaluator needs one deadline for each partition, moved at every evaluation, and
// no polling.
//
// Immutable; thread-safe. The engine must outlive it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "model/sample.h"
#include "query/engine/engine.h"
#include "query/parser/ast.h"
#include "storage/querier.h"

namespace tidemark::alert {

class NextChange {
 public:
  // InvalidArgument when the expression does not parse.
  static absl::StatusOr<NextChange> Create(const query::Engine* engine, std::string_view expr);

  // Whether there are values that are not followed: truth may change at any time.
  bool ticks() const { return ticks_; }
  // Whether that can be so for some samples: a rate moves while samples are missing at one end of
  // its range.
  bool may_move() const { return moves_in_gaps_; }
  // Whether it is so at `t` for the samples of `querier`.
  absl::StatusOr<bool> Moves(model::Timestamp t, const storage::Querier& querier) const;

  // A time behind `t` up to which truth does not change over the samples of `querier`; there it
  // may. None: not before a sample arrives. It is never late, and at most a millisecond early.
  // REQUIRES: !ticks(), and not Moves(t).
  absl::StatusOr<std::optional<model::Timestamp>> After(model::Timestamp t,
                                                        const storage::Querier& querier) const;

 private:
  // A comparison whose sides differ by `difference`, which changes by `slope` in a second.
  struct MovingComparison {
    query::PreparedQuery difference;
    double slope = 0;
  };
  // What a selector reads: samples in (t - offset - window, t - offset].
  enum class Extrapolation : uint8_t { kNone, kCounter, kGauge };
  struct Window {
    const query::VectorSelector* selector = nullptr;
    int64_t window_ms = 0;
    int64_t offset_ms = 0;
    bool newest_only = false;  // an instant selector
    Extrapolation extrapolation = Extrapolation::kNone;
  };
  struct Steps {
    int64_t step_ms = 0;
    int64_t range_ms = 0;
    int64_t offset_ms = 0;
  };

  NextChange(const query::Engine* engine, query::PreparedQuery query)
      : engine_(engine), query_(std::move(query)) {}

  absl::Status Prepare();
  void Collect(const query::Expr& expr, Extrapolation extrapolation = Extrapolation::kNone);
  absl::Status AddComparison(const query::Binary& comparison, double slope);
  absl::Status MeetCrossings(model::Timestamp t, const storage::Querier& querier,
                             std::optional<model::Timestamp>* next) const;
  static absl::Status MeetWindow(const Window& window, model::Timestamp t,
                                 const storage::Querier& querier,
                                 std::optional<model::Timestamp>* next);
  static Extrapolation ExtrapolationOf(const query::Expr& expr);
  // How long what extrapolates `window` stands still; none: it does not.
  static absl::StatusOr<std::optional<model::Timestamp>> SteadyUntilOf(
      const Window& window, model::Timestamp t, const storage::Querier& querier);

  const query::Engine* engine_;
  query::PreparedQuery query_;
  std::vector<MovingComparison> comparisons_;
  std::vector<Window> windows_;
  std::vector<Steps> steps_;
  bool calendar_ = false;
  bool ticks_ = false;
  bool moves_in_gaps_ = false;
};

}  // namespace tidemark::alert
