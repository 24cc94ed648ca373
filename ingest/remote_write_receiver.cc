#include "ingest/remote_write_receiver.h"

#include <algorithm>
#include <array>
#include <deque>
#include <utility>
#include <vector>

#include "ingest/buffer.h"
#include "ingest/refusals.h"
#include "ingest/series_predictor.h"
#include "ingest/snappy_body.h"
#include "ingest/utf8.h"
#include "ingest/write_request_scanner.h"
#include "storage/write_session.h"

namespace tidemark::ingest {
namespace {

using storage::Head;
using storage::HeadSeries;

// Series whose slots and memory are fetched together, so that the misses overlap.
constexpr size_t kBatch = 16;
// A context gives memory above this back after a request.
constexpr size_t kKeepBytes = 8u << 20;

class Context final : public WriteContext {
 public:
  explicit Context(storage::Db* db) : session(db) {}

  Buffer body;
  ScanResult scan;
  storage::WriteSession session;
  SeriesPredictor predictor{&session};
  // Series that no lookup found, with the labels that they are to be registered under. Those that
  // do not stand in the body as they are to be lie in `labels`.
  std::vector<const ScannedSeries*> unknown;
  std::deque<model::Labels> labels;
  std::vector<Head::Wanted> wanted;
};

storage::MetricType TypeOf(int32_t type) {
  return type >= 0 && type <= static_cast<int32_t>(storage::MetricType::kStateSet)
             ? static_cast<storage::MetricType>(type)
             : storage::MetricType::kUnknown;
}

RefusalCause CauseOf(storage::Refusal refusal) {
  switch (refusal) {
    case storage::Refusal::kTooOld:
      return RefusalCause::kTooOld;
    case storage::Refusal::kTooNew:
      return RefusalCause::kTooNew;
    default:
      return RefusalCause::kConflict;
  }
}

}  // namespace

struct RemoteWriteReceiver::Metrics {
  explicit Metrics(base::MetricsRegistry* registry)
      : requests(registry->AddCounter("tidemark_ingest_requests_total",
                                      "Write requests whose body was read.")),
        malformed(registry->AddCounter("tidemark_ingest_malformed_requests_total",
                                       "Write requests refused whole.")),
        bytes(registry->AddCounter("tidemark_ingest_bytes_total",
                                   "Unpacked bytes of write requests.")),
        samples(registry->AddCounter("tidemark_ingest_samples_total",
                                     "Samples taken, duplicates included.")),
        late(registry->AddCounter("tidemark_ingest_late_samples_total",
                                  "Samples taken that were older than their series' newest.")),
        duplicates(registry->AddCounter("tidemark_ingest_duplicate_samples_total",
                                        "Samples taken that were there already.")),
        exemplars(registry->AddCounter("tidemark_ingest_ignored_exemplars_total",
                                       "Exemplars passed over.")),
        histograms(registry->AddCounter("tidemark_ingest_ignored_histograms_total",
                                        "Native histogram samples passed over.")) {
    for (size_t i = 0; i < kRefusalCauses; ++i) {
      refused[i] = registry->AddCounter(
          "tidemark_ingest_refused_samples_total", "Samples refused for good.",
          {{"reason", std::string(RefusalCauseName(static_cast<RefusalCause>(i)))}});
    }
  }

  base::Counter* const requests;
  base::Counter* const malformed;
  base::Counter* const bytes;
  base::Counter* const samples;
  base::Counter* const late;
  base::Counter* const duplicates;
  base::Counter* const exemplars;
  base::Counter* const histograms;
  std::array<base::Counter*, kRefusalCauses> refused{};
};

// One request on its way from scan to commit; lives on the stack of Write.
class RemoteWriteReceiver::Request {
 public:
  Request(const RemoteWriteReceiver& receiver, Context* context)
      : receiver_(receiver), context_(*context) {}

  void AppendAll() {
    const auto series = context_.scan.series();
    PrefetchBatch(series.first(std::min(kBatch, series.size())));
    for (size_t i = 0; i < series.size(); i += kBatch) {
      const auto rest = series.subspan(std::min(i + kBatch, series.size()));
      PrefetchBatch(rest.first(std::min(kBatch, rest.size())));
      AppendBatch(series.subspan(i, std::min(kBatch, series.size() - i)));
    }
    RegisterUnknown();
    for (const ScannedMetadata& metadata : context_.scan.metadata()) {
      SetMetadata(metadata);
    }
  }

  void Count() const {
    const Metrics& metrics = *receiver_.metrics_;
    metrics.bytes->Add(context_.body.size());
    metrics.samples->Add(context_.scan.samples().size() - refusals_.total());
    metrics.late->Add(context_.session.late());
    metrics.duplicates->Add(context_.session.duplicates());
    metrics.exemplars->Add(context_.scan.exemplars());
    metrics.histograms->Add(context_.scan.histograms());
    for (size_t i = 0; i < kRefusalCauses; ++i) {
      metrics.refused[i]->Add(refusals_.count(static_cast<RefusalCause>(i)));
    }
  }

  absl::Status status() const { return refusals_.ToStatus(context_.scan.samples().size()); }

 private:
  // Of a batch; hashes only of what had to be looked up.
  struct Found {
    std::array<HeadSeries*, kBatch> series;
    std::array<model::Hash128, kBatch> hashes;
  };

  static void PrefetchBatch(std::span<const ScannedSeries> batch) {
    for (const ScannedSeries& scanned : batch) {
      if (scanned.known != nullptr) {
        static_cast<const HeadSeries*>(scanned.known)->PrefetchOpenChunk();
      }
    }
  }

  void AppendBatch(std::span<const ScannedSeries> batch) {
    if (std::all_of(batch.begin(), batch.end(), [](const ScannedSeries& scanned) {
          return scanned.known != nullptr;
        })) [[likely]] {
      for (const ScannedSeries& scanned : batch) {
        AppendSamples(static_cast<HeadSeries*>(scanned.known), scanned);
      }
      return;
    }
    Found found;
    LookUp(batch, &found);
    for (size_t i = 0; i < batch.size(); ++i) {
      if (found.series[i] != nullptr) [[likely]] {
        AppendSamples(found.series[i], batch[i]);
      } else {
        AddUnknown(batch[i], found.hashes[i]);
      }
    }
  }

  // Looks up the series that were not guessed.
  void LookUp(std::span<const ScannedSeries> batch, Found* found) const {
    const storage::SeriesTable& table = context_.session.table();
    const auto for_missing = [&](auto visit) {
      for (size_t i = 0; i < batch.size(); ++i) {
        if (batch[i].known == nullptr) {
          visit(i);
        }
      }
    };
    for (size_t i = 0; i < batch.size(); ++i) {
      found->series[i] = static_cast<HeadSeries*>(batch[i].known);
    }
    for_missing([&](size_t i) {
      found->hashes[i] = table.Hash(batch[i].label_bytes);
      table.Prefetch(found->hashes[i]);
    });
    for_missing([&](size_t i) { table.PrefetchSeries(found->hashes[i]); });
    for_missing(
        [&](size_t i) { found->series[i] = table.Find(batch[i].label_bytes, found->hashes[i]); });
  }

  void AppendSamples(HeadSeries* series, const ScannedSeries& scanned) {
    for (const model::Sample& sample : context_.scan.samples(scanned)) {
      const storage::Refusal refusal = context_.session.Append(series, sample);
      if (refusal != storage::Refusal::kNone) [[unlikely]] {
        refusals_.AddSample(CauseOf(refusal), series->labels(), sample);
      }
    }
  }

  // `hash` is that of the bytes on the wire.
  void AddUnknown(const ScannedSeries& scanned, model::Hash128 hash) {
    model::LabelsView labels(scanned.label_bytes);
    if (!IsPlainCanonical(scanned.label_bytes, receiver_.options_.labels)) [[unlikely]] {
      absl::StatusOr<model::Labels> canonical =
          Canonicalize(scanned.label_bytes, receiver_.options_.labels);
      if (!canonical.ok()) {
        refusals_.AddSeries(canonical.status(), scanned.sample_count);
        return;
      }
      labels = context_.labels.emplace_back(*std::move(canonical));
      hash = context_.session.table().Hash(labels.bytes());
    }
    if (!RefuseOutOfBounds(scanned, labels)) {
      context_.unknown.push_back(&scanned);
      context_.wanted.push_back({labels, hash, nullptr});
    }
  }

  // A series none of whose samples can be taken is not registered. True if it is that.
  bool RefuseOutOfBounds(const ScannedSeries& scanned, model::LabelsView labels) {
    const auto samples = context_.scan.samples(scanned);
    const storage::WriteSession& session = context_.session;
    if (std::any_of(samples.begin(), samples.end(),
                    [&session](const model::Sample& s) { return session.Accepts(s.t); })) {
      return false;
    }
    for (const model::Sample& sample : samples) {
      refusals_.AddSample(CauseOf(session.OutOfBounds(sample.t)), labels, sample);
    }
    return true;
  }

  void RegisterUnknown() {
    if (!context_.wanted.empty()) {
      context_.session.Register(context_.wanted);
    }
    for (size_t i = 0; i < context_.wanted.size(); ++i) {
      AppendSamples(context_.wanted[i].series, *context_.unknown[i]);
    }
    context_.unknown.clear();
    context_.labels.clear();
    context_.wanted.clear();
  }

  void SetMetadata(const ScannedMetadata& metadata) {
    if (IsValidUtf8(metadata.metric_family_name) && IsValidUtf8(metadata.help) &&
        IsValidUtf8(metadata.unit)) {
      context_.session.SetMetadata(
          metadata.metric_family_name,
          {TypeOf(metadata.type), std::string(metadata.help), std::string(metadata.unit)});
    }
  }

  const RemoteWriteReceiver& receiver_;
  Context& context_;
  Refusals refusals_;
};

RemoteWriteReceiver::RemoteWriteReceiver(storage::Db* db, const ReceiverOptions& options,
                                         base::MetricsRegistry* metrics)
    : db_(db), options_(options), metrics_(std::make_unique<Metrics>(metrics)) {}

RemoteWriteReceiver::~RemoteWriteReceiver() = default;

std::unique_ptr<WriteContext> RemoteWriteReceiver::NewContext() const {
  return std::make_unique<Context>(db_);
}

void RemoteWriteReceiver::Write(WriteContext* context, std::string_view compressed,
                                Done done) const {
  auto& own = static_cast<Context&>(*context);
  metrics_->requests->Add();
  absl::Status read = DecompressBody(compressed, options_.max_body_bytes, &own.body);
  if (read.ok()) {
    own.session.Begin();
    read = ScanWriteRequest(own.body.view(), &own.predictor, &own.scan);
  }
  if (!read.ok()) {
    own.session.Abandon();
    metrics_->malformed->Add();
    done(read);
    return;
  }
  Request request(*this, &own);
  request.AppendAll();
  request.Count();
  absl::Status refused = request.status();
  own.scan.Trim(kKeepBytes);
  own.body.Trim(kKeepBytes);
  if (refused.ok()) {
    own.session.Commit(std::move(done));
    return;
  }
  own.session.Commit(
      [refused = std::move(refused), done = std::move(done)](const absl::Status& durable) mutable {
        done(durable.ok() ? refused : durable);
      });
}

}  // namespace tidemark::ingest
