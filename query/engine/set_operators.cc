// and, or, unless: which of a side's series are present depends on whether the other side has
// anything with the same key at that step.
//
// For each key of the one side the bits of its series are ORed to a mask; the series of the other
// side are then cut down by the mask of their key.
#include "base/status_macros.h"
#include "query/engine/binary.h"
#include "query/engine/presence_by_key.h"

namespace tidemark::query {
namespace {

// Keeps the values of `vector` at steps where its key is present (or absent) in `mask`.
void Cut(StepVector* vector, PresenceByKey mask, bool keep_present) {
  for (const Row& row : vector->rows()) {
    const StepMask& words = mask.Of(row.labels);
    for (size_t w = 0; w < words.size(); ++w) {
      row.present[w] &= keep_present ? words[w] : ~words[w];
    }
  }
  vector->DropEmpty();
}

// Adds the series of `from` to `to`.
absl::Status Append(EvalContext& context, const StepVector& from, StepVector* to) {
  for (const Row& row : from.rows()) {
    to->AddCopy(row.labels, row);
    RETURN_IF_ERROR(context.Spend(from.steps()));
  }
  to->set_mixed_names(true);
  return MergeEqualSeries(to);
}

}  // namespace

absl::StatusOr<StepVector> CombineSets(EvalContext& context, const Binary& binary, StepVector lhs,
                                       StepVector rhs) {
  const LabelKey key(binary.matching.labels, binary.matching.on);
  RETURN_IF_ERROR(context.Spend((lhs.rows().size() + rhs.rows().size()) * lhs.words()));
  if (binary.op == BinaryOp::kOr) {
    Cut(&rhs, PresenceByKey(key, lhs), false);
    RETURN_IF_ERROR(Append(context, rhs, &lhs));
  } else {
    Cut(&lhs, PresenceByKey(key, rhs), binary.op == BinaryOp::kAnd);
  }
  return lhs;
}

}  // namespace tidemark::query
