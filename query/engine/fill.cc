// fill(), fill_left() and fill_right(): numbers that stand for partners a series does not have.
//
// For every key of one side a series is added to the other side, with the key for its labels,
// that is present exactly where that side has nothing with the key. The matching that follows
// knows nothing of it.
#include "base/status_macros.h"
#include "query/engine/binary.h"
#include "query/engine/presence_by_key.h"

namespace tidemark::query {
namespace {

absl::Status AddStandIns(EvalContext& context, const PresenceByKey& wanted,
                         const PresenceByKey& there, double value, StepVector* vector) {
  for (const auto& [key, mask] : wanted.masks()) {
    const Row row = vector->Add(model::LabelsView(context.labels().StoreBytes(key)));
    std::fill_n(row.values, vector->steps(), value);
    const StepMask& taken = there.OfKey(key);
    for (size_t w = 0; w < mask.size(); ++w) {
      row.present[w] = mask[w] & ~taken[w];
    }
    RETURN_IF_ERROR(context.Spend(vector->steps()));
  }
  vector->DropEmpty();
  return absl::OkStatus();
}

}  // namespace

absl::Status FillMissing(EvalContext& context, const VectorMatching& matching, StepVector* lhs,
                         StepVector* rhs) {
  const LabelKey key(matching.labels, matching.on);
  const PresenceByKey left(key, *lhs);
  const PresenceByKey right(key, *rhs);
  if (matching.fill_left) {
    RETURN_IF_ERROR(AddStandIns(context, right, left, *matching.fill_left, lhs));
  }
  if (matching.fill_right) {
    RETURN_IF_ERROR(AddStandIns(context, left, right, *matching.fill_right, rhs));
  }
  return absl::OkStatus();
}

}  // namespace tidemark::query
