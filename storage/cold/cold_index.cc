#include "storage/cold/cold_index.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "model/varint.h"
#include "storage/cold/posting_row.h"

namespace tidemark::storage {
namespace {

using model::Matcher;

constexpr std::string_view kLastRefFact = "last_ref";
// So many series are sooner read than narrowed down further by a walk over values.
constexpr uint64_t kReadDirectly = 4096;

absl::Status AddRow(uint16_t block, std::string_view row, SeriesBitmap* refs) {
  const auto add = [refs](SeriesRef first, SeriesRef last) {
    first == last ? refs->add(first) : refs->addRange(first, uint64_t{last} + 1);
  };
  return DecodePostingRow(row, block, add)
             ? absl::OkStatus()
             : absl::DataLossError("a row of the cold index is malformed");
}

// Narrows the series of one group down.
class GroupSelection {
 public:
  GroupSelection(const ColdReader& reader, int64_t week, std::span<const Matcher> matchers)
      : reader_(reader), week_(week), matchers_(matchers) {}

  // The refs of a superset of the series that pass.
  absl::StatusOr<SeriesBitmap> Candidates() {
    for (const Matcher& matcher : matchers_) {
      if (!matcher.MatchesEmpty() && IsLookup(matcher)) {
        RETURN_IF_ERROR(Keep(matcher, &GroupSelection::LookUp));
      }
    }
    for (const Matcher& matcher : matchers_) {
      if (!matcher.MatchesEmpty() && !IsLookup(matcher) && IsLarge()) {
        RETURN_IF_ERROR(Keep(matcher, &GroupSelection::Walk));
      }
    }
    if (!kept_) {
      SeriesBitmap all;
      RETURN_IF_ERROR(AddPair({week_, {}, {}}, &all));
      return all;
    }
    return *std::move(kept_);
  }

 private:
  using Find = absl::Status (GroupSelection::*)(const Matcher&, SeriesBitmap*) const;

  static bool IsLookup(const Matcher& matcher) {
    return matcher.literals().has_value() && !matcher.negative();
  }
  bool IsLarge() const { return !kept_ || kept_->cardinality() > kReadDirectly; }

  absl::Status Keep(const Matcher& matcher, Find find) {
    if (kept_ && kept_->isEmpty()) {
      return absl::OkStatus();
    }
    SeriesBitmap hits;
    RETURN_IF_ERROR((this->*find)(matcher, &hits));
    if (kept_) {
      *kept_ &= hits;
    } else {
      kept_ = std::move(hits);
    }
    return absl::OkStatus();
  }

  absl::Status AddPair(const ColdPair& pair, SeriesBitmap* refs) const {
    return reader_.VisitPair(pair, [refs](std::string_view, uint16_t block, std::string_view row) {
      return AddRow(block, row, refs);
    });
  }

  absl::Status LookUp(const Matcher& matcher, SeriesBitmap* hits) const {
    for (const std::string& literal : *matcher.literals()) {
      RETURN_IF_ERROR(AddPair({week_, matcher.name(), literal}, hits));
    }
    return absl::OkStatus();
  }

  absl::Status Walk(const Matcher& matcher, SeriesBitmap* hits) const {
    std::string present;
    bool matches = false;
    const auto visit = [&](std::string_view value, uint16_t block, std::string_view row) {
      if (value != present) {
        present = value;
        matches = matcher.Matches(value);
      }
      return matches ? AddRow(block, row, hits) : absl::OkStatus();
    };
    const Matcher::Bounds everything;
    const Matcher::Bounds& bounds = matcher.negative() ? everything : matcher.bounds();
    return reader_.VisitValues(week_, matcher.name(), bounds.first, bounds.last, visit);
  }

  const ColdReader& reader_;
  const int64_t week_;
  const std::span<const Matcher> matchers_;
  std::optional<SeriesBitmap> kept_;  // none yet: all
};

bool Overlaps(model::Timestamp min, model::Timestamp max, const Selection& selection) {
  return min <= selection.max_time && max >= selection.min_time;
}

bool Passes(const ColdSeriesRecord& series, const Selection& selection) {
  return Overlaps(series.min_time, series.max_time, selection) &&
         std::all_of(selection.matchers.begin(), selection.matchers.end(),
                     [&](const Matcher& matcher) { return matcher.Matches(series.labels); });
}

std::vector<std::string> ToVector(std::set<std::string, std::less<>> texts) {
  std::vector<std::string> sorted;
  while (!texts.empty()) {
    sorted.push_back(std::move(texts.extract(texts.begin()).value()));
  }
  return sorted;
}

// The postings of a batch: of each pair the refs, ascending.
class BatchPostings {
 public:
  // REQUIRES: refs ascend.
  void Add(int64_t week, const ColdSeriesRecord& series) {
    refs_[{week, {}, {}}].push_back(series.ref);
    for (const model::LabelView& label : series.labels) {
      refs_[{week, label.name, label.value}].push_back(series.ref);
    }
  }

  // Adds the rows, each merged with what the store holds of it.
  absl::Status Write(const ColdReader& reader, StoreBatch* batch) {
    for (const auto& [pair, refs] : refs_) {
      for (auto from = refs.begin(); from != refs.end();) {
        const uint16_t block = PostingBlock(*from);
        const auto to = std::find_if(from, refs.end(),
                                     [block](SeriesRef ref) { return PostingBlock(ref) != block; });
        RETURN_IF_ERROR(WriteRow(pair, block, {from, to}, reader, batch));
        from = to;
      }
    }
    return absl::OkStatus();
  }

 private:
  struct Pair {
    int64_t week;
    std::string_view name;
    std::string_view value;
    friend bool operator==(const Pair&, const Pair&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const Pair& pair) {
      return H::combine(std::move(h), pair.week, pair.name, pair.value);
    }
  };

  absl::Status WriteRow(const Pair& of, uint16_t block, std::span<const SeriesRef> refs,
                        const ColdReader& reader, StoreBatch* batch) {
    const ColdPair pair = {of.week, of.name, of.value};
    ASSIGN_OR_RETURN(const bool found, reader.GetRow(pair, block, &row_));
    SeriesBitmap all;
    if (found) {
      RETURN_IF_ERROR(AddRow(block, row_, &all));
      all.addMany(refs.size(), refs.data());
    }
    row_.clear();
    found ? AppendPostingRow(storage::ToVector(all), &row_) : AppendPostingRow(refs, &row_);
    batch->PutColdPostings(pair, block, row_);
    return absl::OkStatus();
  }

  absl::flat_hash_map<Pair, std::vector<SeriesRef>> refs_;
  std::string row_;
};

void Widen(const ColdSeriesRecord& series, ColdGroup* group) {
  group->min_time =
      group->series == 0 ? series.min_time : std::min(group->min_time, series.min_time);
  group->max_time =
      group->series == 0 ? series.max_time : std::max(group->max_time, series.max_time);
  ++group->series;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ColdIndex>> ColdIndex::Open(RocksStore* store) {
  std::unique_ptr<ColdIndex> index(new ColdIndex(store));
  Groups groups;
  RETURN_IF_ERROR(store->LoadColdGroups([&groups](const ColdGroup& group) {
    groups.emplace(group.week, group);
    return absl::OkStatus();
  }));
  base::MutexLock lock(&index->mu_);
  index->groups_ = std::move(groups);
  return index;
}

absl::Status ColdIndex::TakeOver(std::span<const ColdSeriesRecord> series,
                                 std::span<const SeriesRef> forgotten, SeriesRef last_ref) {
  StoreBatch batch(*store_);
  Groups changed;
  BatchPostings postings;
  for (const ColdSeriesRecord& one : series) {
    const int64_t week = WeekOf(one.max_time);
    batch.PutColdSeries(week, one);
    batch.DeleteSeries(one.ref);
    postings.Add(week, one);
    changed.try_emplace(week, ColdGroup{.week = week});
  }
  {
    base::MutexLock lock(&mu_);
    for (auto& [week, group] : changed) {
      const auto found = groups_.find(week);
      group = found == groups_.end() ? group : found->second;
    }
  }
  for (const ColdSeriesRecord& one : series) {
    Widen(one, &changed[WeekOf(one.max_time)]);
  }
  for (const auto& [week, group] : changed) {
    batch.PutColdGroup(group);
  }
  for (const SeriesRef ref : forgotten) {
    batch.DeleteSeries(ref);
  }
  std::string fact;
  model::AppendVarint(last_ref, &fact);
  batch.PutFact(kLastRefFact, fact);
  RETURN_IF_ERROR(postings.Write(*store_->NewColdReader(), &batch));
  RETURN_IF_ERROR(store_->Write(&batch));
  base::MutexLock lock(&mu_);
  for (const auto& [week, group] : changed) {
    groups_[week] = group;
  }
  return absl::OkStatus();
}

absl::StatusOr<SeriesRef> ColdIndex::last_ref() const {
  ASSIGN_OR_RETURN(const std::optional<std::string> fact, store_->GetFact(kLastRefFact));
  uint64_t ref = 0;
  if (fact && (model::GetVarint(fact->data(), fact->data() + fact->size(), &ref) == nullptr ||
               ref > UINT32_MAX)) {
    return absl::DataLossError(fmt::format("fact \"{}\" of the store is malformed", kLastRefFact));
  }
  return static_cast<SeriesRef>(ref);
}

absl::StatusOr<std::vector<int64_t>> ColdIndex::Weeks(const Selection& selection) const {
  base::MutexLock lock(&mu_);
  std::vector<int64_t> weeks;
  for (const auto& [week, group] : groups_) {
    if (Overlaps(group.min_time, group.max_time, selection)) {
      weeks.push_back(week);
    }
  }
  if (selection.memory_only && !weeks.empty()) {
    return absl::UnavailableError("series that have left memory are on disk");
  }
  return weeks;
}

absl::Status ColdIndex::Visit(const Selection& selection, VisitSeries visit) const {
  ASSIGN_OR_RETURN(const std::vector<int64_t> weeks, Weeks(selection));
  if (weeks.empty()) {
    return absl::OkStatus();
  }
  const std::unique_ptr<ColdReader> reader = store_->NewColdReader();
  for (const int64_t week : weeks) {
    ASSIGN_OR_RETURN(const SeriesBitmap candidates,
                     GroupSelection(*reader, week, selection.matchers).Candidates());
    RETURN_IF_ERROR(reader->VisitSeries(
        week, storage::ToVector(candidates), [&](const ColdSeriesRecord& series) {
          return Passes(series, selection) ? visit(series) : absl::OkStatus();
        }));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ColdSeries>> ColdIndex::Select(const Selection& selection) const {
  std::vector<ColdSeries> found;
  RETURN_IF_ERROR(Visit(selection, [&found](const ColdSeriesRecord& series) {
    found.push_back({{series.metric_id, series.ref}, model::Labels(series.labels)});
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<std::vector<std::string>> ColdIndex::LabelNames(const Selection& selection) const {
  std::set<std::string, std::less<>> names;
  const auto add = [&names](std::string_view name) {
    if (names.find(name) == names.end()) {
      names.emplace(name);
    }
    return absl::OkStatus();
  };
  if (selection.matchers.empty()) {
    ASSIGN_OR_RETURN(const std::vector<int64_t> weeks, Weeks(selection));
    const std::unique_ptr<ColdReader> reader = weeks.empty() ? nullptr : store_->NewColdReader();
    for (const int64_t week : weeks) {
      RETURN_IF_ERROR(reader->VisitNames(week, add));
    }
    return ToVector(std::move(names));
  }
  RETURN_IF_ERROR(Visit(selection, [&add](const ColdSeriesRecord& series) {
    for (const model::LabelView& label : series.labels) {
      add(label.name).IgnoreError();
    }
    return absl::OkStatus();
  }));
  return ToVector(std::move(names));
}

absl::StatusOr<std::vector<std::string>> ColdIndex::LabelValues(std::string_view name,
                                                                const Selection& selection) const {
  std::set<std::string, std::less<>> values;
  const auto add = [&values](std::string_view value) {
    if (!value.empty() && values.find(value) == values.end()) {
      values.emplace(value);
    }
    return absl::OkStatus();
  };
  if (selection.matchers.empty()) {
    ASSIGN_OR_RETURN(const std::vector<int64_t> weeks, Weeks(selection));
    const std::unique_ptr<ColdReader> reader = weeks.empty() ? nullptr : store_->NewColdReader();
    for (const int64_t week : weeks) {
      RETURN_IF_ERROR(reader->VisitValues(
          week, name, {}, {},
          [&add](std::string_view value, uint16_t, std::string_view) { return add(value); }));
    }
    return ToVector(std::move(values));
  }
  RETURN_IF_ERROR(Visit(
      selection, [&](const ColdSeriesRecord& series) { return add(series.labels.Get(name)); }));
  return ToVector(std::move(values));
}

absl::StatusOr<bool> ColdIndex::Contains(SeriesRef ref) const {
  const std::unique_ptr<ColdReader> reader = store_->NewColdReader();
  bool found = false;
  ASSIGN_OR_RETURN(const std::vector<int64_t> weeks, Weeks({}));
  for (const int64_t week : weeks) {
    RETURN_IF_ERROR(reader->VisitSeries(week, {&ref, 1}, [&found](const ColdSeriesRecord&) {
      found = true;
      return absl::OkStatus();
    }));
  }
  return found;
}

absl::Status ColdIndex::DropBefore(model::Timestamp oldest) {
  const int64_t week = WeekOf(oldest);
  {
    base::MutexLock lock(&mu_);
    if (groups_.empty() || groups_.begin()->first >= week) {
      return absl::OkStatus();
    }
  }
  RETURN_IF_ERROR(store_->DropColdGroupsBefore(week));
  base::MutexLock lock(&mu_);
  groups_.erase(groups_.begin(), groups_.lower_bound(week));
  return absl::OkStatus();
}

uint64_t ColdIndex::series_count() const {
  base::MutexLock lock(&mu_);
  uint64_t count = 0;
  for (const auto& [week, group] : groups_) {
    count += group.series;
  }
  return count;
}

size_t ColdIndex::group_count() const {
  base::MutexLock lock(&mu_);
  return groups_.size();
}

}  // namespace tidemark::storage
