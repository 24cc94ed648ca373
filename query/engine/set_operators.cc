// and, or, unless: which of a side's series are present depends on whether the other side has
// anything with the same key at that step.
//
// For each key of the one side the bits of its series are ORed to a mask; the series of the other
// side are then cut down by the mask of their key.
#include "base/status_macros.h"
#include "base/string_map.h"
#include "query/engine/binary.h"
#include "query/engine/label_key.h"

namespace tidemark::query {
namespace {

using Mask = std::vector<uint64_t>;

// By key, the steps at which a series with it is present.
class PresenceByKey {
 public:
  PresenceByKey(const LabelKey& key, const StepVector& vector)
      : key_(key), nothing_(vector.words(), 0) {
    for (const Row& row : vector.rows()) {
      key_.Pick(row.labels, &scratch_);
      Mask& mask = masks_.try_emplace(scratch_, nothing_).first->second;
      for (size_t w = 0; w < mask.size(); ++w) {
        mask[w] |= row.present[w];
      }
    }
  }

  const Mask& Of(model::LabelsView labels) {
    key_.Pick(labels, &scratch_);
    const auto it = masks_.find(std::string_view(scratch_));
    return it == masks_.end() ? nothing_ : it->second;
  }

 private:
  const LabelKey& key_;
  const Mask nothing_;
  base::StringMap<Mask> masks_;
  std::string scratch_;
};

// Keeps the values of `vector` at steps where its key is present (or absent) in `mask`.
void Cut(StepVector* vector, PresenceByKey mask, bool keep_present) {
  for (const Row& row : vector->rows()) {
    const Mask& words = mask.Of(row.labels);
    for (size_t w = 0; w < words.size(); ++w) {
      row.present[w] &= keep_present ? words[w] : ~words[w];
    }
  }
  vector->DropEmpty();
}

// Adds the series of `from` to `to`.
absl::Status Append(EvalContext& context, const StepVector& from, StepVector* to) {
  for (const Row& row : from.rows()) {
    const Row& copy = to->Add(row.labels);
    std::copy_n(row.values, from.steps(), copy.values);
    std::copy_n(row.present, from.words(), copy.present);
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
