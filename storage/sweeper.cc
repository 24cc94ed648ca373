#include "storage/sweeper.h"

#include <algorithm>
#include <optional>
#include <span>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "model/varint.h"
#include "storage/chunk/chunk_format.h"

namespace tidemark::storage {
namespace {

using model::Sample;
using model::Timestamp;

constexpr size_t kBatchBytes = 1u << 20;
constexpr std::string_view kSequenceFact = "sweep_sequence";

// In order of time; of equal times the sample that came first stays.
SampleColumns SortedByTime(std::vector<Sample> samples) {
  std::stable_sort(samples.begin(), samples.end(),
                   [](const Sample& a, const Sample& b) { return a.t < b.t; });
  SampleColumns columns;
  for (const Sample& sample : samples) {
    if (columns.size() == 0 || columns.timestamps.back() != sample.t) {
      columns.Append(sample.t, sample.v);
    }
  }
  return columns;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Sweeper>> Sweeper::Create(const Parts& parts) {
  ASSIGN_OR_RETURN(const std::optional<std::string> stored, parts.store->GetFact(kSequenceFact));
  uint64_t sequence = 0;
  if (stored &&
      (model::GetVarint(stored->data(), stored->data() + stored->size(), &sequence) == nullptr ||
       sequence > UINT32_MAX)) {
    return absl::DataLossError(fmt::format("fact \"{}\" of the store is malformed", kSequenceFact));
  }
  return std::unique_ptr<Sweeper>(new Sweeper(parts, static_cast<uint32_t>(sequence)));
}

Sweeper::Sweeper(const Parts& parts, uint32_t sequence)
    : parts_(parts),
      sequence_(sequence),
      sweeps_(parts.metrics->AddCounter("tidemark_sweeps_total", "Sweeps finished.")),
      failures_(parts.metrics->AddCounter("tidemark_sweep_failures_total",
                                          "Sweeps that failed and will be repeated.")),
      series_swept_(parts.metrics->AddCounter("tidemark_sweep_series_total",
                                              "Dirty series that sweeps wrote.")),
      samples_written_(
          parts.metrics->AddCounter("tidemark_sweep_samples_total", "Samples that sweeps wrote.")),
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
  ++sequence_;
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
  // Before the first chunk that bears it, so that no later run uses it again.
  std::string sequence;
  model::AppendVarint(sequence_, &sequence);
  batch.PutFact(kSequenceFact, sequence);
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
  Rests rests(pace, parts_.clock);
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
    rests.Rest();
  }
  return WriteBatch(&batch, &taken);
}

void Sweeper::AddToBatch(const Taken& taken, StoreBatch* batch) {
  if (taken.capture.empty()) {
    return;
  }
  AddChunks(*taken.series, ChunkKind::kInOrder, taken.capture.in_order, batch);
  AddChunks(*taken.series, ChunkKind::kOutOfOrder, SortedByTime(taken.capture.late), batch);
  for (const model::Sample& late : taken.capture.late) {
    parts_.head->NoteSweptLate(late.t);
  }
  batch->PutState(taken.capture.state);
}

// One chunk a bucket, in columns: few bytes, which matters for what is written again by compaction.
void Sweeper::AddChunks(const HeadSeries& series, ChunkKind kind, const SampleColumns& columns,
                        StoreBatch* batch) {
  const std::span<const Timestamp> times(columns.timestamps);
  const std::span<const double> values(columns.values);
  for (size_t from = 0; from < times.size();) {
    const int64_t bucket = BucketOf(times[from]);
    const auto end = std::upper_bound(times.begin() + static_cast<ptrdiff_t>(from), times.end(),
                                      BucketEnd(bucket));
    const auto count = static_cast<size_t>(end - times.begin()) - from;
    batch->PutChunk({bucket, series.metric(), series.ref(), times[from], kind, sequence_},
                    EncodeSealedChunk(times.subspan(from, count), values.subspan(from, count),
                                      /*timelines=*/nullptr));
    samples_written_->Add(count);
    from += count;
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
