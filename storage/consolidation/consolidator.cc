#include "storage/consolidation/consolidator.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "base/status_macros.h"
#include "base/string_map.h"
#include "fmt/format.h"
#include "storage/consolidation/bucket_sealer.h"
#include "storage/rocksdb/bucket_rewrite.h"

namespace tidemark::storage {
namespace {

// Between two rests of a paced rewrite, and between two looks at whether to stop.
constexpr uint64_t kSamplesPerStep = 100'000;

// Deleted chunks above which the files they are in are rewritten without them.
constexpr uint64_t kReclaimBytes = 64u << 20;

constexpr std::string_view kRetainedFact = "retained/";  // and the number of the bucket

std::string RetainedFact(int64_t bucket) { return fmt::format("{}{}", kRetainedFact, bucket); }

// What the policy removes of a bucket at `now`, as a text; none if it removes nothing yet.
std::string RetainedText(const RetentionPolicy& policy, int64_t bucket, int64_t now) {
  const size_t passed = policy.has_rules() ? policy.PassedFor(BucketEnd(bucket), now) : 0;
  return passed == 0 ? std::string() : fmt::format("{} {}", policy.name(), passed);
}

bool Contains(const std::vector<int64_t>& sorted, int64_t bucket) {
  return std::binary_search(sorted.begin(), sorted.end(), bucket);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Consolidator>> Consolidator::Create(
    const Parts& parts, const ConsolidationOptions& options, RetentionPolicy policy) {
  ASSIGN_OR_RETURN(auto tombstones, TombstoneSet::Load(*parts.store));
  std::unique_ptr<Consolidator> consolidator(
      new Consolidator(parts, options, std::move(policy), std::move(tombstones)));
  RETURN_IF_ERROR(consolidator->LoadRetained());
  return consolidator;
}

absl::Status Consolidator::LoadRetained() {
  return parts_.store->LoadFacts(
      kRetainedFact, [this](std::string_view name, std::string_view value) -> absl::Status {
        int64_t bucket = 0;
        if (!absl::SimpleAtoi(base::ToAbsl(name.substr(kRetainedFact.size())), &bucket)) {
          return absl::DataLossError(fmt::format("fact \"{}\" of the store has no bucket", name));
        }
        retained_[bucket] = value;
        return absl::OkStatus();
      });
}

Consolidator::Consolidator(const Parts& parts, const ConsolidationOptions& options,
                           RetentionPolicy policy, std::shared_ptr<const TombstoneSet> tombstones)
    : parts_(parts),
      options_(options),
      tombstones_(std::move(tombstones)),
      last_tombstone_(tombstones_->last_number()),
      retention_(std::make_shared<const RetentionPolicy>(std::move(policy))),
      waiting_(parts.metrics->AddGauge("tidemark_consolidation_buckets_waiting",
                                       "Buckets that are due to be rewritten.")),
      tombstone_count_(parts.metrics->AddGauge("tidemark_store_tombstones",
                                               "Deletions that are still applied on reading.")),
      rewrites_(parts.metrics->AddCounter("tidemark_consolidations_total", "Buckets rewritten.")),
      failures_(parts.metrics->AddCounter("tidemark_consolidation_failures_total",
                                          "Rewrites that failed and will be tried again.")),
      samples_(parts.metrics->AddCounter("tidemark_consolidation_samples_total",
                                         "Samples in the sealed chunks that rewrites made.")),
      bytes_read_(parts.metrics->AddCounter("tidemark_consolidation_read_bytes_total",
                                            "Bytes of chunks that rewrites read.")),
      bytes_written_(parts.metrics->AddCounter(kWrittenBytesMetric, kWrittenBytesHelp,
                                               {{"by", "consolidation"}})),
      seconds_(parts.metrics->AddHistogram("tidemark_consolidation_duration_seconds",
                                           "How long the rewrite of a bucket took.",
                                           base::ExponentialBounds(0.01, 4, 10))) {
  tombstone_count_->Set(static_cast<double>(tombstones_->size()));
}

Consolidator::View Consolidator::NewView() const {
  base::ReaderMutexLock lock(&view_mu_);
  return {parts_.store->NewChunkReader(), tombstones_};
}

absl::Status Consolidator::AddTombstone(Tombstone tombstone) {
  base::MutexLock lock(&view_mu_);
  tombstone.number = last_tombstone_ + 1;
  StoreBatch batch(*parts_.store);
  batch.PutTombstone(tombstone.number, EncodeTombstone(tombstone));
  RETURN_IF_ERROR(parts_.store->Write(&batch));
  last_tombstone_ = tombstone.number;
  tombstones_ = tombstones_->With(std::move(tombstone));
  tombstone_count_->Set(static_cast<double>(tombstones_->size()));
  return absl::OkStatus();
}

void Consolidator::SetRetention(RetentionPolicy policy) {
  base::MutexLock lock(&retention_mu_);
  retention_ = std::make_shared<const RetentionPolicy>(std::move(policy));
}

std::shared_ptr<const RetentionPolicy> Consolidator::retention() const {
  base::ReaderMutexLock lock(&retention_mu_);
  return retention_;
}

absl::StatusOr<std::vector<int64_t>> Consolidator::DueBuckets() {
  const int64_t now = parts_.clock->NowMs();
  ASSIGN_OR_RETURN(const std::vector<int64_t> sealed, parts_.store->SealedBuckets());
  ASSIGN_OR_RETURN(const std::vector<int64_t> unsealed, parts_.store->UnsealedBuckets());
  std::vector<int64_t> due;
  for (const int64_t bucket : unsealed) {
    if (ChunksAreDue(bucket, Contains(sealed, bucket), now)) {
      due.push_back(bucket);
    }
  }
  const std::shared_ptr<const RetentionPolicy> policy = retention();
  for (const int64_t bucket : sealed) {
    if (RetentionIsDue(bucket, *policy, now)) {
      due.push_back(bucket);
    }
  }
  std::sort(due.begin(), due.end());
  due.erase(std::unique(due.begin(), due.end()), due.end());
  std::erase_if(due, [this, now](int64_t bucket) {
    const auto retry = retry_at_.find(bucket);
    return retry != retry_at_.end() && retry->second > now;
  });
  return due;
}

bool Consolidator::ChunksAreDue(int64_t bucket, bool sealed, int64_t now) {
  if (BucketEnd(bucket) >= now - options_.grace_ms) {
    return false;
  }
  if (!sealed) {
    return true;
  }
  const int64_t since = late_since_.try_emplace(bucket, now).first->second;
  return now - since >= options_.late_delay_ms ||
         parts_.store->UnsealedBytes(bucket) >= options_.late_bytes;
}

// Buckets are looked at when a further time of keeping has passed, or under other rules.
bool Consolidator::RetentionIsDue(int64_t bucket, const RetentionPolicy& policy,
                                  int64_t now) const {
  const std::string text = RetainedText(policy, bucket, now);
  const auto done = retained_.find(bucket);
  return !text.empty() && (done == retained_.end() || done->second != text);
}

absl::Status Consolidator::RewriteDue(Pace pace, std::atomic<bool>& stop) {
  ASSIGN_OR_RETURN(const std::vector<int64_t> due, DueBuckets());
  return RewriteEach(due, pace, &stop);
}

absl::Status Consolidator::RewriteAll() {
  ASSIGN_OR_RETURN(const std::vector<int64_t> buckets, parts_.store->UnsealedBuckets());
  return RewriteEach(buckets, Pace::kFull, nullptr);
}

absl::Status Consolidator::ApplyTombstones() {
  return RewriteEach(NewView().tombstones->Buckets(), Pace::kFull, nullptr);
}

absl::Status Consolidator::RewriteEach(const std::vector<int64_t>& buckets, Pace pace,
                                       std::atomic<bool>* stop) {
  absl::Status first_error;
  size_t left = buckets.size();
  waiting_->Set(static_cast<double>(left));
  for (const int64_t bucket : buckets) {
    if (stop != nullptr && stop->load(std::memory_order_relaxed)) {
      break;
    }
    const absl::Status rewritten = Rewrite(bucket, pace, stop);
    Report(bucket, rewritten);
    first_error.Update(rewritten);
    waiting_->Set(static_cast<double>(--left));
  }
  if (unreclaimed_bytes_ >= kReclaimBytes) {
    first_error.Update(parts_.store->CompactChunks(stop));
    unreclaimed_bytes_ = 0;
  }
  return first_error;
}

void Consolidator::Report(int64_t bucket, const absl::Status& status) {
  if (status.ok() || absl::IsCancelled(status)) {
    retry_at_.erase(bucket);
    return;
  }
  failures_->Add();
  retry_at_[bucket] = parts_.clock->NowMs() + kRetryMs;
  parts_.logger->Error("consolidation failed; nothing is lost, it will be repeated",
                       {{"bucket", bucket}, {"cause", status}});
}

absl::Status Consolidator::Rewrite(int64_t bucket, Pace pace, std::atomic<bool>* stop) {
  const int64_t begin = parts_.clock->SteadyNanos();
  const int64_t now = parts_.clock->NowMs();
  std::unique_ptr<BucketRewrite> rewrite;
  std::shared_ptr<const TombstoneSet> tombstones;
  const std::shared_ptr<const RetentionPolicy> policy = retention();
  {
    base::ReaderMutexLock lock(&view_mu_);
    rewrite = parts_.store->StartRewrite(bucket);
    tombstones = tombstones_;
  }
  // Selected behind the start of the rewrite: the rows that it reads are of series known by then.
  ASSIGN_OR_RETURN(const std::vector<SeriesBitmap> by_rule, SelectByRule(*policy));
  const auto oldest_kept = [&](SeriesRef series) {
    if (by_rule.empty()) {
      return model::kMinTimestamp;
    }
    const auto rule =
        std::find_if(by_rule.begin(), by_rule.end(),
                     [series](const SeriesBitmap& selected) { return selected.contains(series); });
    return policy->OldestByRule(static_cast<size_t>(rule - by_rule.begin()), now);
  };
  BucketSealer sealer(rewrite.get(), *tombstones, oldest_kept);
  for (Rests rests(pace, parts_.clock); sealer.Work(kSamplesPerStep);) {
    if (stop != nullptr && stop->load(std::memory_order_relaxed)) {
      return absl::CancelledError("the store is closing");
    }
    rests.Rest();
  }
  RETURN_IF_ERROR(sealer.status());
  RETURN_IF_ERROR(rewrite->Ingest());
  bytes_written_->Add(rewrite->bytes_written());
  std::string retained = RetainedText(*policy, bucket, now);
  {
    base::MutexLock lock(&view_mu_);
    StoreBatch batch(*parts_.store);
    std::shared_ptr<const TombstoneSet> rest =
        tombstones_->WithoutBucket(bucket, *tombstones, &batch);
    if (!retained.empty()) {
      batch.PutFact(RetainedFact(bucket), retained);
    }
    RETURN_IF_ERROR(rewrite->Commit(&batch));
    tombstones_ = std::move(rest);
    tombstone_count_->Set(static_cast<double>(tombstones_->size()));
  }
  late_since_.erase(bucket);
  if (!retained.empty()) {
    retained_[bucket] = std::move(retained);
  }
  rewrites_->Add();
  samples_->Add(sealer.samples());
  bytes_read_->Add(rewrite->bytes_read());
  unreclaimed_bytes_ += rewrite->bytes_read();
  seconds_->Observe(static_cast<double>(parts_.clock->SteadyNanos() - begin) / 1e9);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<SeriesBitmap>> Consolidator::SelectByRule(
    const RetentionPolicy& policy) const {
  std::vector<SeriesBitmap> selected;
  for (const RetentionRule& rule : policy.rules()) {
    ASSIGN_OR_RETURN(selected.emplace_back(), parts_.select(rule.matchers));
  }
  return selected;
}

absl::Status Consolidator::DropBucketsBefore(int64_t bucket) {
  RETURN_IF_ERROR(parts_.store->DropBucketsBefore(bucket));
  late_since_.erase(late_since_.begin(), late_since_.lower_bound(bucket));
  retry_at_.erase(retry_at_.begin(), retry_at_.lower_bound(bucket));
  StoreBatch batch(*parts_.store);
  const auto retained_end = retained_.lower_bound(bucket);
  for (auto retained = retained_.begin(); retained != retained_end; ++retained) {
    batch.DeleteFact(RetainedFact(retained->first));
  }
  retained_.erase(retained_.begin(), retained_end);
  base::MutexLock lock(&view_mu_);
  std::shared_ptr<const TombstoneSet> rest = tombstones_->WithoutBucketsBefore(bucket, &batch);
  RETURN_IF_ERROR(parts_.store->Write(&batch));
  tombstones_ = std::move(rest);
  tombstone_count_->Set(static_cast<double>(tombstones_->size()));
  return absl::OkStatus();
}

}  // namespace tidemark::storage
