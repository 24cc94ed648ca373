#include "query/engine/step_vector.h"

#include <algorithm>

#include "base/string_map.h"

namespace tidemark::query {
namespace {

constexpr size_t kSlabCells = 1 << 16;

constexpr std::string_view kTypeLabel = "__type__";
constexpr std::string_view kUnitLabel = "__unit__";

bool GoesWithMetricName(std::string_view name) {
  return name == model::kMetricName || name == kTypeLabel || name == kUnitLabel;
}

// Moves the values of `from` into `to`; false if both have one at the same step.
bool Absorb(const Row& to, const Row& from, size_t words) {
  for (size_t w = 0; w < words; ++w) {
    if ((to.present[w] & from.present[w]) != 0) {
      return false;
    }
  }
  ForEachBit(from.present, words, [&](size_t step) { to.Set(step, from.values[step]); });
  std::fill_n(from.present, words, 0);
  return true;
}

}  // namespace

absl::Status SameLabelsetError() {
  return ExecutionError("vector cannot contain metrics with the same labelset");
}

StepVector& StepVector::operator=(StepVector&& other) noexcept {
  if (this != &other) {
    Release();
    context_ = other.context_;
    steps_ = other.steps_;
    rows_ = std::move(other.rows_);
    slabs_ = std::move(other.slabs_);
    charged_values_ = std::exchange(other.charged_values_, 0);
    charged_cells_ = std::exchange(other.charged_cells_, 0);
    mixed_names_ = other.mixed_names_;
    other.rows_.clear();
    other.slabs_.clear();
  }
  return *this;
}

void StepVector::Release() {
  if (charged_cells_ > 0) {
    context_->budget().Release(charged_values_);
    context_->budget().ReleaseCells(charged_cells_);
    charged_values_ = 0;
    charged_cells_ = 0;
  }
}

void StepVector::AddSlab() {
  Slab slab;
  // Doubling up to the full size keeps a vector of one series small.
  const size_t rows = slabs_.empty() ? 1 : slabs_.back().rows * 2;
  slab.rows = std::min(rows, std::max<size_t>(1, kSlabCells / steps_));
  slab.values = std::make_unique<double[]>(slab.rows * steps_);
  slab.present = std::make_unique<uint64_t[]>(slab.rows * words());
  slabs_.push_back(std::move(slab));
}

Row& StepVector::AddRow(model::LabelsView labels) {
  if (slabs_.empty() || slabs_.back().used == slabs_.back().rows) {
    AddSlab();
  }
  Slab& slab = slabs_.back();
  double* values = slab.values.get() + slab.used * steps_;
  uint64_t* present = slab.present.get() + slab.used * words();
  ++slab.used;
  context_->budget().ChargeCells(steps_);
  charged_cells_ += steps_;
  return rows_.emplace_back(Row{labels, values, present});
}

void StepVector::ChargeValues(size_t values) {
  context_->budget().Charge(values);
  charged_values_ += values;
}

Row& StepVector::Add(model::LabelsView labels) {
  ChargeValues(steps_);
  return AddRow(labels);
}

Row& StepVector::AddCopy(model::LabelsView labels, const Row& row) {
  Row& copy = AddRow(labels);
  std::copy_n(row.values, steps_, copy.values);
  std::copy_n(row.present, words(), copy.present);
  copy.drop_name = row.drop_name;
  ChargeValues(CountBits(row.present, words()));
  return copy;
}

void StepVector::Recount() {
  size_t values = 0;
  for (const Row& row : rows_) {
    values += CountBits(row.present, words());
  }
  context_->budget().Release(charged_values_);
  context_->budget().Charge(values);
  charged_values_ = values;
}

bool StepVector::HasAny(const Row& row) const {
  return std::any_of(row.present, row.present + words(), [](uint64_t bits) { return bits != 0; });
}

void StepVector::DropEmpty() {
  std::erase_if(rows_, [this](const Row& row) { return !HasAny(row); });
}

model::LabelsView WithoutMetricName(model::LabelsView labels, LabelArena* arena) {
  const std::string_view bytes = labels.bytes();
  auto it = labels.begin();
  if (it == labels.end()) {
    return labels;
  }
  const bool name_first = it->name == model::kMetricName;
  if (name_first) {
    ++it;
  }
  bool others = false;
  for (auto rest = it; rest != labels.end() && rest->name <= kUnitLabel; ++rest) {
    others = others || GoesWithMetricName(rest->name);
  }
  if (!others) {
    if (!name_first) {
      return labels;
    }
    const std::string_view name = labels.begin()->value;
    const auto behind = static_cast<size_t>(name.data() + name.size() - bytes.data());
    return model::LabelsView(bytes.substr(behind));
  }
  std::string kept;
  for (const model::LabelView& label : labels) {
    if (!GoesWithMetricName(label.name)) {
      model::AppendLabel(label.name, label.value, &kept);
    }
  }
  return model::LabelsView(arena->StoreBytes(kept));
}

bool DescribesMetric(model::LabelsView labels) {
  return labels.Has(kTypeLabel) || labels.Has(kUnitLabel);
}

absl::Status DropMetricNames(EvalContext* context, StepVector* vector) {
  if (context->options().delayed_name_removal) {
    for (Row& row : vector->rows()) {
      row.drop_name = true;
    }
    return absl::OkStatus();
  }
  bool check = vector->mixed_names();
  for (Row& row : vector->rows()) {
    check = check || DescribesMetric(row.labels);
    row.labels = WithoutMetricName(row.labels, &context->labels());
  }
  vector->set_mixed_names(false);
  return check ? MergeEqualSeries(vector) : absl::OkStatus();
}

absl::Status DropMarkedNames(EvalContext* context, StepVector* vector) {
  bool any = false;
  for (Row& row : vector->rows()) {
    if (row.drop_name) {
      row.labels = WithoutMetricName(row.labels, &context->labels());
      any = true;
    }
  }
  return any ? MergeEqualSeries(vector) : absl::OkStatus();
}

absl::Status MergeEqualSeries(StepVector* vector) {
  absl::flat_hash_map<std::string_view, size_t, base::StringViewHash, std::equal_to<>> first;
  first.reserve(vector->rows().size());
  bool merged = false;
  for (size_t i = 0; i < vector->rows().size(); ++i) {
    const Row& row = vector->rows()[i];
    const auto [it, added] = first.try_emplace(row.labels.bytes(), i);
    if (added) {
      continue;
    }
    if (!Absorb(vector->rows()[it->second], row, vector->words())) {
      return SameLabelsetError();
    }
    merged = true;
  }
  if (merged) {
    vector->DropEmpty();
  }
  return absl::OkStatus();
}

}  // namespace tidemark::query
