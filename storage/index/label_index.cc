#include "storage/index/label_index.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace tidemark::storage {

using internal::ValuePostings;

namespace {

// What a reader looks at before it lets a waiting registration pass: about a third of a
// millisecond of regular expressions.
constexpr size_t kValuesPerSlice = 1024;

}  // namespace

LabelIndex::LabelIndex(LabelsOf labels_of) : labels_of_(std::move(labels_of)) {}
LabelIndex::~LabelIndex() = default;

void LabelIndex::Add(SeriesRef ref, model::LabelsView labels) {
  const Entry entry{ref, labels};
  Add({&entry, 1});
}

// Neighbours in a batch share most of their labels: postings are told of a run at once.
void LabelIndex::Add(std::span<const Entry> entries) {
  base::MutexLock lock(&mu_);
  runs_.clear();
  for (const Entry& entry : entries) {
    all_.add(entry.ref);
    size_t position = 0;
    for (const model::LabelView& label : entry.labels) {
      AddLabel(label, entry.ref, position++);
    }
  }
  for (const Run& run : runs_) {
    run.value->postings.AddRange(run.first, run.last);
  }
}

void LabelIndex::AddLabel(const model::LabelView& label, SeriesRef ref, size_t position) {
  if (position == runs_.size()) {
    runs_.emplace_back();
  }
  Run& run = runs_[position];
  const bool same_name = run.values != nullptr && run.values->name() == label.name;
  if (same_name && ref == run.last + 1 && run.value->text() == label.value) {
    run.last = ref;
    return;
  }
  if (run.value != nullptr) {
    run.value->postings.AddRange(run.first, run.last);
  }
  run.values = same_name ? run.values : FindOrAddName(label.name);
  run.value = run.values->FindOrAdd(label.value);
  run.first = run.last = ref;
}

void LabelIndex::Remove(SeriesRef ref, model::LabelsView labels) {
  base::MutexLock lock(&mu_);
  RemoveLocked({ref, labels});
}

void LabelIndex::Remove(std::span<const Entry> entries) {
  base::MutexLock lock(&mu_);
  for (const Entry& entry : entries) {
    RemoveLocked(entry);
  }
}

void LabelIndex::RemoveLocked(const Entry& entry) {
  all_.remove(entry.ref);
  for (const model::LabelView& label : entry.labels) {
    if (const auto found = names_.find(label.name); found != names_.end()) {
      found->second->Remove(label.value, entry.ref);
    }
  }
}

ValuePostings* LabelIndex::FindOrAddName(std::string_view name) {
  auto found = names_.find(name);
  if (found == names_.end()) {
    found = names_.emplace(std::string(name), std::make_unique<ValuePostings>(name)).first;
  }
  return found->second.get();
}

const ValuePostings* LabelIndex::FindName(std::string_view name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : found->second.get();
}

void LabelIndex::WalkValues(const ValuePostings& values, std::string_view first,
                            std::string_view last, VisitValue visit) const {
  std::optional<std::string> from(first);
  while (from) {
    base::ReaderMutexLock lock(&mu_);
    from = values.Walk(*from, last, kValuesPerSlice, visit);
  }
}

bool LabelIndex::HasAnyOf(const ValuePostings& values, const SeriesBitmap& filter) const {
  bool has = false;
  WalkValues(values, {}, {}, [&](const ValuePostings::Value& value) {
    has = value.postings.Intersects(filter);
    return !has;
  });
  return has;
}

std::vector<std::string> LabelIndex::LabelNames(const SeriesBitmap* filter) const {
  if (filter != nullptr && ReadsLabels(filter->cardinality(), SIZE_MAX)) {
    return NamesOf(*filter);
  }
  std::vector<const ValuePostings*> candidates;
  {
    base::ReaderMutexLock lock(&mu_);
    for (const auto& [name, values] : names_) {
      if (values->value_count() > 0) {
        candidates.push_back(values.get());
      }
    }
  }
  std::vector<std::string> names;
  for (const ValuePostings* values : candidates) {
    if (filter == nullptr || HasAnyOf(*values, *filter)) {
      names.push_back(values->name());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> LabelIndex::NamesOf(const SeriesBitmap& refs) const {
  std::set<std::string_view> names;
  for (const SeriesRef ref : ToVector(refs)) {
    for (const model::LabelView& label : labels_of_(ref)) {
      names.insert(label.name);
    }
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> LabelIndex::LabelValues(std::string_view name,
                                                 const SeriesBitmap* filter) const {
  const ValuePostings* values = nullptr;
  size_t value_count = 0;
  {
    base::ReaderMutexLock lock(&mu_);
    values = FindName(name);
    value_count = values == nullptr ? 0 : values->value_count();
  }
  if (value_count == 0) {
    return {};
  }
  if (filter != nullptr && ReadsLabels(filter->cardinality(), value_count)) {
    return ValuesOf(*filter, name);
  }
  std::vector<std::string> texts;
  WalkValues(*values, {}, {}, [&](const ValuePostings::Value& value) {
    if (filter == nullptr || value.postings.Intersects(*filter)) {
      texts.emplace_back(value.text());
    }
    return true;
  });
  return texts;
}

std::vector<std::string> LabelIndex::ValuesOf(const SeriesBitmap& refs,
                                              std::string_view name) const {
  std::set<std::string_view> texts;
  for (const SeriesRef ref : ToVector(refs)) {
    texts.insert(labels_of_(ref).Get(name));
  }
  texts.erase(std::string_view());
  return {texts.begin(), texts.end()};
}

size_t LabelIndex::series_count() const {
  base::ReaderMutexLock lock(&mu_);
  return all_.cardinality();
}

size_t LabelIndex::name_count() const {
  base::ReaderMutexLock lock(&mu_);
  return static_cast<size_t>(std::count_if(names_.begin(), names_.end(), [](const auto& entry) {
    return entry.second->value_count() > 0;
  }));
}

size_t LabelIndex::pair_count() const {
  base::ReaderMutexLock lock(&mu_);
  size_t pairs = 0;
  for (const auto& [name, values] : names_) {
    pairs += values->value_count();
  }
  return pairs;
}

size_t LabelIndex::bytes() const {
  base::ReaderMutexLock lock(&mu_);
  size_t bytes = all_.getSizeInBytes();
  for (const auto& [name, values] : names_) {
    bytes += values->bytes();
  }
  return bytes;
}

}  // namespace tidemark::storage
