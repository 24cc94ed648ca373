#include "storage/index/label_index.h"

#include <algorithm>
#include <utility>

namespace tidemark::storage {

using internal::ValuePostings;

namespace {

// What a reader looks at before it lets a waiting registration pass: about a third of a
// millisecond of regular expressions.
constexpr size_t kSlotsPerSlice = 1024;

}  // namespace

LabelIndex::LabelIndex() = default;
LabelIndex::~LabelIndex() = default;

void LabelIndex::Add(SeriesRef ref, model::LabelsView labels) {
  base::MutexLock lock(&mu_);
  AddLocked({ref, labels});
}

void LabelIndex::Add(std::span<const Entry> entries) {
  base::MutexLock lock(&mu_);
  for (const Entry& entry : entries) {
    AddLocked(entry);
  }
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

void LabelIndex::AddLocked(const Entry& entry) {
  all_.add(entry.ref);
  size_t position = 0;
  for (const model::LabelView& label : entry.labels) {
    FindOrAddName(label.name, position++)->Add(label.value, entry.ref);
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

ValuePostings* LabelIndex::FindOrAddName(std::string_view name, size_t position) {
  if (position < recent_names_.size() && recent_names_[position]->name() == name) {
    return recent_names_[position];
  }
  auto found = names_.find(name);
  if (found == names_.end()) {
    found = names_.emplace(std::string(name), std::make_unique<ValuePostings>(name)).first;
  }
  recent_names_.resize(std::max(recent_names_.size(), position + 1), found->second.get());
  recent_names_[position] = found->second.get();
  return found->second.get();
}

const ValuePostings* LabelIndex::FindName(std::string_view name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : found->second.get();
}

void LabelIndex::WalkValues(const ValuePostings& values, VisitValue visit) const {
  uint64_t generation = 0;
  for (size_t next = 0;;) {
    base::ReaderMutexLock lock(&mu_);
    if (values.generation() != generation) {
      generation = values.generation();
      next = 0;
    }
    const size_t end = std::min(next + kSlotsPerSlice, values.slot_count());
    for (; next < end; ++next) {
      const ValuePostings::Value& value = values.slot(next);
      if (!value.postings.empty() && !visit(value)) {
        return;
      }
    }
    if (end == values.slot_count()) {
      return;
    }
  }
}

bool LabelIndex::HasAnyOf(const ValuePostings& values, const SeriesBitmap& filter) const {
  bool has = false;
  WalkValues(values, [&](const ValuePostings::Value& value) {
    has = value.postings.Intersects(filter);
    return !has;
  });
  return has;
}

std::vector<std::string> LabelIndex::LabelNames(const SeriesBitmap* filter) const {
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

std::vector<std::string> LabelIndex::LabelValues(std::string_view name,
                                                 const SeriesBitmap* filter) const {
  const internal::ValuePostings* values = nullptr;
  {
    base::ReaderMutexLock lock(&mu_);
    values = FindName(name);
  }
  if (values == nullptr) {
    return {};
  }
  std::vector<std::string> texts;
  WalkValues(*values, [&](const internal::ValuePostings::Value& value) {
    if (filter == nullptr || value.postings.Intersects(*filter)) {
      texts.push_back(value.text);
    }
    return true;
  });
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
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

}  // namespace tidemark::storage
