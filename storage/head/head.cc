#include "storage/head/head.h"

#include <algorithm>

#include "base/check.h"
#include "fmt/format.h"

namespace tidemark::storage {

Head::Head(uint64_t hash_seed)
    : table_(&epochs_, hash_seed), blocks_(new std::atomic<Block*>[kMaxBlocks]()) {}

Head::~Head() {
  for (size_t b = 0; b < kMaxBlocks; ++b) {
    Block* const block = blocks_[b].load(std::memory_order_acquire);
    if (block == nullptr) {
      continue;
    }
    for (const auto& slot : block->series) {
      if (HeadSeries* series = slot.load(std::memory_order_acquire); series != nullptr) {
        series->~HeadSeries();
      }
    }
    delete block;
  }
}

HeadSeries* Head::series(SeriesRef ref) const {
  const Block* block = blocks_[ref / kBlockSeries].load(std::memory_order_acquire);
  return block == nullptr ? nullptr
                          : block->series[ref % kBlockSeries].load(std::memory_order_acquire);
}

HeadSeries* Head::Create(SeriesRef ref, MetricId metric, model::LabelsView labels) {
  TIDEMARK_CHECK(ref / kBlockSeries < kMaxBlocks, "no refs left behind {}", ref);
  auto& slot = blocks_[ref / kBlockSeries];
  Block* block = slot.load(std::memory_order_relaxed);
  if (block == nullptr) {
    block = new Block;
    ++block_count_;
    slot.store(block, std::memory_order_release);
  }
  char* const memory = block->memory + (ref % kBlockSeries) * sizeof(HeadSeries);
  return new (memory) HeadSeries(ref, metric, label_arena_.Copy(labels.bytes()));
}

void Head::Publish(HeadSeries* series, model::Hash128 hash) {
  Block* block = blocks_[series->ref() / kBlockSeries].load(std::memory_order_relaxed);
  block->series[series->ref() % kBlockSeries].store(series, std::memory_order_release);
  table_.Insert(series, hash);
}

void Head::Register(std::span<Wanted> wanted,
                    absl::FunctionRef<void(std::span<HeadSeries* const>)> announce) {
  base::MutexLock lock(&register_mu_);
  std::vector<HeadSeries*> created;
  std::vector<LabelIndex::Entry> entries;
  std::vector<model::Hash128> hashes;
  SeriesTable fresh(&epochs_, 0);  // finds repetitions inside `wanted`
  SeriesRef last = last_ref_.load(std::memory_order_relaxed);
  for (Wanted& want : wanted) {
    want.series = table_.Find(want.labels.bytes(), want.hash);
    if (want.series == nullptr) {
      want.series = fresh.Find(want.labels.bytes(), want.hash);
    }
    if (want.series != nullptr) {
      continue;
    }
    const MetricId metric = metric_ids_.Assign(want.labels.metric_name());
    want.series = Create(++last, metric, want.labels);
    fresh.Insert(want.series, want.hash);
    created.push_back(want.series);
    entries.push_back({last, want.series->labels()});
    hashes.push_back(want.hash);
  }
  if (created.empty()) {
    return;
  }
  announce(created);
  for (size_t i = 0; i < created.size(); ++i) {
    Publish(created[i], hashes[i]);
  }
  last_ref_.store(last, std::memory_order_release);
  // After Publish: whoever finds a ref in the index finds the series, too.
  index_.Add(entries);
}

absl::Status Head::Restore(const SeriesRecord& record) {
  base::MutexLock lock(&register_mu_);
  base::EpochDomain::Guard guard(&epochs_);
  const model::Hash128 hash = table_.Hash(record.labels.bytes());
  const HeadSeries* same_ref = series(record.ref);
  const HeadSeries* same_labels = table_.Find(record.labels.bytes(), hash);
  if (same_ref != nullptr && same_ref == same_labels) {
    return absl::OkStatus();
  }
  if (same_ref != nullptr || same_labels != nullptr || record.ref == kNoSeries) {
    return absl::DataLossError(fmt::format(
        "series {} {} collides with series {} {}", record.ref, record.labels.ToString(),
        same_ref != nullptr      ? same_ref->ref()
        : same_labels != nullptr ? same_labels->ref()
                                 : kNoSeries,
        same_ref != nullptr ? same_ref->labels().ToString() : std::string("(same labels)")));
  }
  absl::Status restored = metric_ids_.Restore(record.labels.metric_name(), record.metric_id);
  if (!restored.ok()) {
    return restored;
  }
  HeadSeries* const created = Create(record.ref, record.metric_id, record.labels);
  Publish(created, hash);
  last_ref_.store(std::max(last_ref_.load(std::memory_order_relaxed), record.ref),
                  std::memory_order_release);
  index_.Add(record.ref, created->labels());
  return absl::OkStatus();
}

size_t Head::bytes() const {
  base::MutexLock lock(&register_mu_);
  return block_count_ * sizeof(Block) + label_arena_.bytes() + table_.bytes();
}

}  // namespace tidemark::storage
