// A tombstone as the value of its row
//
//   min_time   varint, zigzag
//   extent     varint      max_time - min_time, modulo 2^64
//   sequence   varint
//   buckets    varint      how many, then each as varint zigzag of its distance from the one before
//   series     the rest    ascending runs of refs: varint how many, then each as two varints: the
//                          refs left out before it, and the refs in it
#include "storage/deletion/tombstones.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "model/varint.h"

namespace tidemark::storage {

bool Tombstone::HasBucket(int64_t bucket) const {
  return std::binary_search(buckets.begin(), buckets.end(), bucket);
}

bool Tombstone::Covers(const ChunkKey& chunk) const {
  return (chunk.kind == ChunkKind::kSealed || chunk.sequence <= sequence) &&
         chunk.start <= max_time && HasBucket(chunk.bucket);
}

namespace {

constexpr uint64_t kRefs = uint64_t{1} << 32;

struct Run {
  uint64_t first;
  uint64_t after;
};

std::vector<Run> RunsOf(const SeriesBitmap& series) {
  std::vector<Run> runs;
  for (const SeriesRef ref : series) {
    if (runs.empty() || runs.back().after != ref) {
      runs.push_back({ref, ref});
    }
    ++runs.back().after;
  }
  return runs;
}

void AppendRuns(const std::vector<Run>& runs, std::string* bytes) {
  model::AppendVarint(runs.size(), bytes);
  uint64_t next = 0;  // after the last run
  for (const Run& run : runs) {
    model::AppendVarint(run.first - next, bytes);
    model::AppendVarint(run.after - run.first, bytes);
    next = run.after;
  }
}

// Whether [p, end) holds runs and nothing else.
bool TakeRuns(const char* p, const char* end, SeriesBitmap* series) {
  uint64_t count = 0;
  uint64_t next = 0;
  p = model::GetVarint(p, end, &count);
  for (; p != nullptr && count > 0; --count) {
    uint64_t gap = 0;
    uint64_t length = 0;
    p = model::GetVarint(p, end, &gap);
    p = p == nullptr ? nullptr : model::GetVarint(p, end, &length);
    if (p == nullptr || gap > kRefs - next || length == 0 || length > kRefs - next - gap) {
      return false;
    }
    next += gap + length;
    series->addRange(next - length, next);
  }
  return p == end;
}

}  // namespace

std::string EncodeTombstone(const Tombstone& tombstone) {
  std::string bytes;
  model::AppendVarint(model::ZigZag(tombstone.min_time), &bytes);
  model::AppendVarint(
      static_cast<uint64_t>(tombstone.max_time) - static_cast<uint64_t>(tombstone.min_time),
      &bytes);
  model::AppendVarint(tombstone.sequence, &bytes);
  model::AppendVarint(tombstone.buckets.size(), &bytes);
  int64_t last = 0;
  for (const int64_t bucket : tombstone.buckets) {
    model::AppendVarint(model::ZigZag(bucket - last), &bytes);
    last = bucket;
  }
  AppendRuns(RunsOf(tombstone.series), &bytes);
  return bytes;
}

absl::StatusOr<Tombstone> DecodeTombstone(uint64_t number, std::string_view bytes) {
  const absl::Status malformed =
      absl::DataLossError(fmt::format("tombstone {} is malformed", number));
  const char* p = bytes.data();
  const char* const end = p + bytes.size();
  const auto take = [&p, end](uint64_t* v) {
    p = p == nullptr ? nullptr : model::GetVarint(p, end, v);
    return p != nullptr;
  };
  uint64_t min_time = 0;
  uint64_t extent = 0;
  uint64_t sequence = 0;
  uint64_t count = 0;
  if (!take(&min_time) || !take(&extent) || !take(&sequence) || !take(&count) ||
      sequence > UINT32_MAX || count > bytes.size()) {
    return malformed;
  }
  Tombstone tombstone;
  tombstone.number = number;
  tombstone.min_time = model::UnZigZag(min_time);
  tombstone.max_time = static_cast<int64_t>(static_cast<uint64_t>(tombstone.min_time) + extent);
  tombstone.sequence = static_cast<uint32_t>(sequence);
  uint64_t bucket = 0;
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t step = 0;
    if (!take(&step)) {
      return malformed;
    }
    bucket += static_cast<uint64_t>(model::UnZigZag(step));
    tombstone.buckets.push_back(static_cast<int64_t>(bucket));
  }
  if (!TakeRuns(p, end, &tombstone.series) || tombstone.series.isEmpty() ||
      !std::is_sorted(tombstone.buckets.begin(), tombstone.buckets.end())) {
    return malformed;
  }
  return tombstone;
}

void HideDeleted(const SeriesTombstones& tombstones, const ChunkKey& key, SampleMerge* merge) {
  for (const Tombstone* tombstone : tombstones) {
    if (tombstone->Covers(key)) {
      merge->Hide(tombstone->min_time, tombstone->max_time);
    }
  }
}

absl::StatusOr<std::shared_ptr<const TombstoneSet>> TombstoneSet::Load(const RocksStore& store) {
  auto set = std::make_shared<TombstoneSet>();
  RETURN_IF_ERROR(store.LoadTombstones([&set](uint64_t number, std::string_view bytes) {
    absl::StatusOr<Tombstone> tombstone = DecodeTombstone(number, bytes);
    RETURN_IF_ERROR(tombstone.status());
    set->tombstones_.push_back(*std::move(tombstone));
    return absl::OkStatus();
  }));
  return set;
}

std::shared_ptr<const TombstoneSet> TombstoneSet::With(Tombstone tombstone) const {
  auto set = std::make_shared<TombstoneSet>(*this);
  set->tombstones_.push_back(std::move(tombstone));
  return set;
}

template <typename Gone>
std::shared_ptr<const TombstoneSet> TombstoneSet::Without(Gone gone, const TombstoneSet& applied,
                                                          StoreBatch* batch) const {
  auto set = std::make_shared<TombstoneSet>();
  for (const Tombstone& old : tombstones_) {
    Tombstone tombstone = old;
    if (applied.Has(old.number)) {
      std::erase_if(tombstone.buckets, gone);
    }
    if (tombstone.buckets.empty()) {
      batch->DeleteTombstone(old.number);
      continue;
    }
    if (tombstone.buckets.size() != old.buckets.size()) {
      batch->PutTombstone(old.number, EncodeTombstone(tombstone));
    }
    set->tombstones_.push_back(std::move(tombstone));
  }
  return set;
}

std::shared_ptr<const TombstoneSet> TombstoneSet::WithoutBucket(int64_t bucket,
                                                                const TombstoneSet& applied,
                                                                StoreBatch* batch) const {
  return Without([bucket](int64_t other) { return other == bucket; }, applied, batch);
}

std::shared_ptr<const TombstoneSet> TombstoneSet::WithoutBucketsBefore(int64_t bucket,
                                                                       StoreBatch* batch) const {
  return Without([bucket](int64_t other) { return other < bucket; }, *this, batch);
}

bool TombstoneSet::Has(uint64_t number) const {
  return std::any_of(tombstones_.begin(), tombstones_.end(),
                     [number](const Tombstone& t) { return t.number == number; });
}

SeriesTombstones TombstoneSet::Of(SeriesRef series) const {
  SeriesTombstones found;
  for (const Tombstone& tombstone : tombstones_) {
    if (tombstone.series.contains(series)) {
      found.push_back(&tombstone);
    }
  }
  return found;
}

std::vector<int64_t> TombstoneSet::Buckets() const {
  std::vector<int64_t> buckets;
  for (const Tombstone& tombstone : tombstones_) {
    buckets.insert(buckets.end(), tombstone.buckets.begin(), tombstone.buckets.end());
  }
  std::sort(buckets.begin(), buckets.end());
  buckets.erase(std::unique(buckets.begin(), buckets.end()), buckets.end());
  return buckets;
}

bool TombstoneSet::HasBucket(int64_t bucket) const {
  return std::any_of(tombstones_.begin(), tombstones_.end(),
                     [bucket](const Tombstone& t) { return t.HasBucket(bucket); });
}

}  // namespace tidemark::storage
