#include "storage/sweeper.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "model/varint.h"
#include "storage/chunk/chunk_format.h"

namespace tidemark::storage {
namespace {

using model::Sample;

constexpr size_t kBatchBytes = 1u << 20;
constexpr std::string_view kLateSequenceFact = "late_sequence";

// Sorted by time; of equal times the sample that came first stays.
void SortAndMerge(std::vector<Sample>* samples) {
  std::stable_sort(samples->begin(), samples->end(),
                   [](const Sample& a, const Sample& b) { return a.t < b.t; });
  const auto same_time = [](const Sample& a, const Sample& b) { return a.t == b.t; };
  samples->erase(std::unique(samples->begin(), samples->end(), same_time), samples->end());
}

}  // namespace

absl::StatusOr<std::unique_ptr<Sweeper>> Sweeper::Create(const Parts& parts) {
  ASSIGN_OR_RETURN(const std::optional<std::string> stored,
                   parts.store->GetFact(kLateSequenceFact));
  uint64_t sequence = 0;
  if (stored &&
      (model::GetVarint(stored->data(), stored->data() + stored->size(), &sequence) == nullptr ||
       sequence > UINT32_MAX)) {
    return absl::DataLossError(
        fmt::format("fact \"{}\" of the store is malformed", kLateSequenceFact));
  }
  return std::unique_ptr<Sweeper>(new Sweeper(parts, static_cast<uint32_t>(sequence)));
}

Sweeper::Sweeper(const Parts& parts, uint32_t late_sequence)
    : parts_(parts),
      late_sequence_(late_sequence),
      sweeps_(parts.metrics->AddCounter("tidemark_sweeps_total", "Sweeps finished.")),
      failures_(parts.metrics->AddCounter("tidemark_sweep_failures_total",
                                          "Sweeps that failed and will be repeated.")),
      series_swept_(parts.metrics->AddCounter("tidemark_sweep_series_total",
                                              "Dirty series that sweeps wrote.")),
      bytes_written_(parts.metrics->AddCounter("tidemark_sweep_bytes_total",
                                               "Bytes of chunks that sweeps wrote.")),
      seconds_(parts.metrics->AddHistogram("tidemark_sweep_duration_seconds",
                                           "How long a sweep took.",
                                           base::ExponentialBounds(0.01, 4, 8))) {}

absl::Status Sweeper::Sweep(Pace pace) {
  const int64_t begin = parts_.clock->SteadyNanos();
  const absl::StatusOr<SegmentId> cut = parts_.journal->Cut();
  absl::Status swept =
      cut.ok() ? SweepUpTo(*cut, pace) : base::Annotate(cut.status(), "cut journal");
  seconds_->Observe(static_cast<double>(parts_.clock->SteadyNanos() - begin) / 1e9);
  (swept.ok() ? sweeps_ : failures_)->Add();
  return swept;
}

absl::Status Sweeper::SweepUpTo(SegmentId cut, Pace pace) {
  ++late_sequence_;
  late_sequence_stored_ = false;
  RETURN_IF_ERROR(base::Annotate(WriteDefinitions(), "write series"));
  RETURN_IF_ERROR(base::Annotate(WriteSamples(pace), "write samples"));
  RETURN_IF_ERROR(base::Annotate(parts_.store->Flush(), "flush store"));
  parts_.new_series->Persisted();
  if (cut == 0) {
    return absl::OkStatus();
  }
  return base::Annotate(parts_.journal->DeleteThrough(cut), "delete swept journal segments");
}

absl::Status Sweeper::WriteDefinitions() {
  StoreBatch batch(*parts_.store);
  const uint32_t now = NowSeconds();
  for (HeadSeries* series : parts_.new_series->Take()) {
    series->set_active_at(now);
    batch.PutSeries({series->ref(), series->metric(), series->labels()});
    if (batch.bytes() >= kBatchBytes) {
      RETURN_IF_ERROR(parts_.store->Write(&batch));
    }
  }
  const std::vector<MetadataTable::Entry> metadata = parts_.metadata->TakeDirty();
  for (const auto& [metric, entry] : metadata) {
    batch.PutMetadata(metric, entry);
  }
  if (batch.empty()) {
    return absl::OkStatus();
  }
  absl::Status written = parts_.store->Write(&batch);
  if (!written.ok()) {
    parts_.metadata->Untake(metadata);
  }
  return written;
}

uint32_t Sweeper::NowSeconds() const {
  return static_cast<uint32_t>(std::clamp<int64_t>(parts_.clock->NowMs() / 1000, 1, UINT32_MAX));
}

absl::Status Sweeper::WriteSamples(Pace pace) {
  StoreBatch batch(*parts_.store);
  std::vector<Taken> taken;
  const uint32_t now = NowSeconds();
  int64_t begin = parts_.clock->SteadyNanos();
  for (HeadSeries* series = parts_.head->NextSeries(0); series != nullptr;
       series = parts_.head->NextSeries(series->ref())) {
    if (!series->dirty()) {
      continue;
    }
    series->set_active_at(now);
    base::EpochDomain::Guard guard(parts_.head->epochs());
    taken.push_back({series, series->Capture(parts_.head->epochs())});
    AddToBatch(taken.back(), &batch);
    if (batch.bytes() < kBatchBytes) {
      continue;
    }
    RETURN_IF_ERROR(WriteBatch(&batch, &taken));
    guard.Leave();
    if (pace == Pace::kPaced) {
      std::this_thread::sleep_for(std::chrono::nanoseconds(parts_.clock->SteadyNanos() - begin));
      begin = parts_.clock->SteadyNanos();
    }
  }
  return WriteBatch(&batch, &taken);
}

void Sweeper::AddToBatch(const Taken& taken, StoreBatch* batch) {
  const HeadSeries& series = *taken.series;
  for (const SeriesCapture::Chunk& chunk : taken.capture.chunks) {
    batch->PutChunk(
        {BucketOf(chunk.start), series.metric(), series.ref(), chunk.start, ChunkKind::kInOrder, 0},
        EncodeChunk(chunk.start, chunk.last, chunk.count, chunk.bytes));
  }
  AddLate(series, taken.capture.late, batch);
  if (!taken.capture.empty()) {
    batch->PutState(taken.capture.state);
  }
}

void Sweeper::AddLate(const HeadSeries& series, std::vector<Sample> late, StoreBatch* batch) {
  if (late.empty()) {
    return;
  }
  if (!late_sequence_stored_) {
    // In the same batch as the first chunk that bears it, so that no later run uses it again.
    std::string fact;
    model::AppendVarint(late_sequence_, &fact);
    batch->PutFact(kLateSequenceFact, fact);
    late_sequence_stored_ = true;
  }
  SortAndMerge(&late);
  for (auto from = late.begin(); from != late.end();) {
    const int64_t bucket = BucketOf(from->t);
    const auto to = std::find_if(
        from, late.end(), [bucket](const Sample& sample) { return BucketOf(sample.t) != bucket; });
    batch->PutChunk(
        {bucket, series.metric(), series.ref(), from->t, ChunkKind::kOutOfOrder, late_sequence_},
        EncodeChunk(std::span<const Sample>(from, to)));
    from = to;
  }
}

absl::Status Sweeper::WriteBatch(StoreBatch* batch, std::vector<Taken>* taken) {
  const size_t bytes = batch->bytes();
  absl::Status written = batch->empty() ? absl::OkStatus() : parts_.store->Write(batch);
  for (const Taken& t : *taken) {
    if (written.ok()) {
      t.series->Persisted(t.capture, parts_.head->epochs());
    } else {
      t.series->Recapture();
    }
  }
  if (written.ok()) {
    series_swept_->Add(taken->size());
    bytes_written_->Add(bytes);
  }
  taken->clear();
  return written;
}

}  // namespace tidemark::storage
