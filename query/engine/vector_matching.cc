// Arithmetic and comparison between two vectors.
//
// One side is the "one" side: at any step at most one of its series may have a given key. Keys
// are computed once per series. Every series of the many side meets every series of the one side
// with its key; their result has a value where both have one. Series of the one side that share
// a key must therefore never be present together, and results with equal labels are joined.
#include <algorithm>

#include "base/status_macros.h"
#include "base/string_map.h"
#include "fmt/format.h"
#include "query/engine/binary.h"
#include "query/engine/label_key.h"
#include "query/engine/label_text.h"
#include "query/engine/number_ops.h"
#include "query/engine/presence_by_key.h"

namespace tidemark::query {
namespace {

using Cardinality = VectorMatching::Cardinality;
using Mask = StepMask;

void Unite(const Row& row, Mask* mask) {
  for (size_t w = 0; w < mask->size(); ++w) {
    (*mask)[w] |= row.present[w];
  }
}

// The first step in both `a` and `b`, and in `within`.
std::optional<size_t> FirstCommon(const uint64_t* a, const uint64_t* b, const Mask& within) {
  for (size_t w = 0; w < within.size(); ++w) {
    if (const uint64_t bits = a[w] & b[w] & within[w]; bits != 0) {
      return w * 64 + static_cast<size_t>(std::countr_zero(bits));
    }
  }
  return std::nullopt;
}

Mask AllPresence(const StepVector& vector) {
  Mask mask(vector.words(), 0);
  for (const Row& row : vector.rows()) {
    Unite(row, &mask);
  }
  return mask;
}

struct Group {
  std::vector<Row> ones;
  Mask seen;     // steps at which one of several `ones` is present
  Mask matched;  // steps at which a one-to-one match has its result
};

class Matching {
 public:
  Matching(EvalContext& context, const Binary& binary, StepVector lhs, StepVector rhs)
      : context_(context),
        binary_(binary),
        matching_(binary.matching),
        key_(matching_.labels, matching_.on),
        many_is_left_(matching_.cardinality != Cardinality::kOneToMany),
        many_(many_is_left_ ? std::move(lhs) : std::move(rhs)),
        one_(many_is_left_ ? std::move(rhs) : std::move(lhs)),
        drops_name_(!IsComparison(binary.op) || binary.return_bool) {}

  absl::StatusOr<StepVector> Run();

 private:
  absl::Status GroupOneSide();
  absl::Status CheckOneSide(const Mask& relevant);
  absl::Status DuplicateError(const std::string& key, const Row& a, const Row& b) const;
  absl::Status MatchRow(const Row& many, Group* group);
  void Compute(const Row& many, const Row& one, const Row& out) const;
  absl::Status Claim(Group* group, const Row& out);
  model::LabelsView ResultLabels(model::LabelsView many, model::LabelsView one);
  absl::Status Place(const Group* group, const Row& out);

  EvalContext& context_;
  const Binary& binary_;
  const VectorMatching& matching_;
  const LabelKey key_;
  const bool many_is_left_;
  StepVector many_;
  StepVector one_;
  const bool drops_name_;

  struct Placed {
    Row row;
    const Group* group;
  };
  base::StringMap<Group> groups_;
  // Results by their labels; several only when they are never present together.
  base::StringMap<std::vector<Placed>> placed_;
  std::vector<Row> results_;
};

absl::StatusOr<StepVector> Matching::Run() {
  RETURN_IF_ERROR(GroupOneSide());
  const std::vector<Row> rows = std::move(many_.rows());
  many_.rows().clear();
  std::string key;
  for (const Row& row : rows) {
    key_.Pick(row.labels, &key);
    const auto it = groups_.find(std::string_view(key));
    if (it != groups_.end()) {
      RETURN_IF_ERROR(MatchRow(row, &it->second));
    }
  }
  many_.rows() = std::move(results_);
  many_.set_mixed_names(many_.mixed_names() && !drops_name_);
  RETURN_IF_ERROR(MergeEqualSeries(&many_));
  return std::move(many_);
}

absl::Status Matching::GroupOneSide() {
  Mask relevant = AllPresence(one_);
  const Mask many = AllPresence(many_);
  for (size_t w = 0; w < relevant.size(); ++w) {
    relevant[w] &= many[w];
  }
  std::string key;
  for (const Row& row : one_.rows()) {
    key_.Pick(row.labels, &key);
    groups_[key].ones.push_back(row);
  }
  RETURN_IF_ERROR(CheckOneSide(relevant));
  return context_.Spend((one_.rows().size() + many_.rows().size()) * one_.words());
}

// Refuses two series with the same key at the same step; the first such step is reported.
absl::Status Matching::CheckOneSide(const Mask& relevant) {
  std::optional<size_t> first_step;
  absl::Status error;
  std::string key;
  for (const Row& row : one_.rows()) {
    key_.Pick(row.labels, &key);
    Group& group = groups_[key];
    if (group.ones.size() < 2) {
      continue;
    }
    group.seen.resize(relevant.size(), 0);
    const auto step = FirstCommon(group.seen.data(), row.present, relevant);
    if (step && (!first_step || *step < *first_step)) {
      const auto other = std::find_if(group.ones.begin(), group.ones.end(),
                                      [&](const Row& r) { return r.Has(*step); });
      first_step = step;
      error = DuplicateError(key, *other, row);
    }
    Unite(row, &group.seen);
  }
  return error;
}

absl::Status Matching::DuplicateError(const std::string& key, const Row& a, const Row& b) const {
  std::string first = LabelSetText(a.labels);
  std::string second = LabelSetText(b.labels);
  if (second < first) {
    std::swap(first, second);
  }
  return ExecutionError(fmt::format(
      "found duplicate series for the match group {} on the {} hand-side of the "
      "operation: [{}, {}];many-to-many matching not allowed: matching labels must be "
      "unique on one side",
      LabelSetText(model::LabelsView(key)), many_is_left_ ? "right" : "left", first, second));
}

absl::Status Matching::MatchRow(const Row& many, Group* group) {
  for (size_t i = 0; i < group->ones.size(); ++i) {
    const Row& one = group->ones[i];
    // The last partner may write over the row itself; the others need one of their own.
    const bool last = i + 1 == group->ones.size();
    Row out = last ? many : many_.Add({});
    Compute(many, one, out);
    RETURN_IF_ERROR(context_.Spend(many_.steps()));
    if (!many_.HasAny(out)) {
      continue;
    }
    if (matching_.cardinality == Cardinality::kOneToOne) {
      RETURN_IF_ERROR(Claim(group, out));
    }
    out.labels = ResultLabels(many.labels, one.labels);
    out.drop_name = many.drop_name || (drops_name_ && context_.options().delayed_name_removal);
    RETURN_IF_ERROR(Place(group, out));
  }
  return absl::OkStatus();
}

// Writes op(left, right) for each step at which both are present. `out` may be `many`.
void Matching::Compute(const Row& many, const Row& one, const Row& out) const {
  for (size_t w = 0; w < many_.words(); ++w) {
    out.present[w] = many.present[w] & one.present[w];
  }
  const double* left = many_is_left_ ? many.values : one.values;
  const double* right = many_is_left_ ? one.values : many.values;
  const size_t steps = many_.steps();
  if (IsTrim(binary_.op)) {
    std::fill_n(out.present, many_.words(), 0);
  } else if (!IsComparison(binary_.op)) {
    WithArithmetic(binary_.op, [&](auto op) {
      for (size_t i = 0; i < steps; ++i) {
        out.values[i] = op(left[i], right[i]);
      }
    });
  } else if (binary_.return_bool) {
    WithComparison(binary_.op, [&](auto op) {
      for (size_t i = 0; i < steps; ++i) {
        out.values[i] = op(left[i], right[i]) ? 1 : 0;
      }
    });
  } else {
    WithComparison(binary_.op, [&](auto op) {
      many_.ForEachPresent(out, [&](size_t i) {
        if (op(left[i], right[i])) {
          out.values[i] = left[i];
        } else {
          out.Clear(i);
        }
      });
    });
  }
}

// Refuses a second series of the left side for the same one on the right.
absl::Status Matching::Claim(Group* group, const Row& out) {
  group->matched.resize(many_.words(), 0);
  for (size_t w = 0; w < many_.words(); ++w) {
    if ((group->matched[w] & out.present[w]) != 0) {
      return ExecutionError(
          "multiple matches for labels: many-to-one matching must be explicit "
          "(group_left/group_right)");
    }
  }
  Unite(out, &group->matched);
  return absl::OkStatus();
}

model::LabelsView Matching::ResultLabels(model::LabelsView many, model::LabelsView one) {
  if (drops_name_ && !context_.options().delayed_name_removal) {
    many = WithoutMetricName(many, &context_.labels());
  }
  if (matching_.cardinality == Cardinality::kOneToOne) {
    if (!matching_.on && matching_.labels.empty()) {
      return many;
    }
    model::LabelsBuilder builder(many);
    if (matching_.on) {
      builder.Reset({});
      for (const std::string& name : matching_.labels) {
        builder.Set(name, many.Get(name));
      }
    } else {
      for (const std::string& name : matching_.labels) {
        builder.Delete(name);
      }
    }
    return context_.labels().Store(builder.Build());
  }
  if (matching_.include.empty()) {
    return many;
  }
  model::LabelsBuilder builder(many);
  for (const std::string& name : matching_.include) {
    builder.Set(name, one.Get(name));
  }
  return context_.labels().Store(builder.Build());
}

// Keeps `out`, unless it collides with a result of the same labels and, when grouping, key.
absl::Status Matching::Place(const Group* group, const Row& out) {
  results_.push_back(out);
  if (matching_.cardinality == Cardinality::kOneToOne) {
    return absl::OkStatus();
  }
  std::vector<Placed>& same = placed_[std::string(out.labels.bytes())];
  const Mask everywhere(many_.words(), ~uint64_t{0});
  for (const Placed& other : same) {
    if (other.group == group && FirstCommon(other.row.present, out.present, everywhere)) {
      return ExecutionError(
          "multiple matches for labels: grouping labels must ensure unique matches");
    }
  }
  same.push_back({out, group});
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<StepVector> MatchVectors(EvalContext& context, const Binary& binary, StepVector lhs,
                                        StepVector rhs) {
  if (binary.matching.fill_left || binary.matching.fill_right) {
    RETURN_IF_ERROR(FillMissing(context, binary.matching, &lhs, &rhs));
  }
  return Matching(context, binary, std::move(lhs), std::move(rhs)).Run();
}

}  // namespace tidemark::query
