#include "server/fleet/fleet_service.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/status_macros.h"
#include "fleet/registry/registry_file.h"
#include "fleet/task/signal.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "model/matcher.h"

namespace tidemark::server {
namespace {

// How much of the past is in memory at a time while the state is rebuilt.
constexpr int64_t kSliceMs = 2 * fleet::kMinuteMs;

model::Matcher SignalMatcher() {
  auto matcher = model::Matcher::Create(model::MatchType::kRegexp, std::string(model::kMetricName),
                                        fmt::format("{}", fmt::join(fleet::SignalMetrics(), "|")));
  TIDEMARK_CHECK(matcher.ok(), "{}", base::Message(matcher.status()));
  return *std::move(matcher);
}

bool ByBytes(const fleet::Fact& a, const fleet::Fact& b) {
  return a.labels.bytes() < b.labels.bytes();
}

}  // namespace

// A series that is read from the store.
struct FleetService::ReplayedSeries {
  storage::SeriesKey key;
  fleet::Fleet::Input input;
};

// Says when something that is done every `every_ms` is due.
struct FleetService::Timer {
  int64_t every_ms;
  int64_t last_ms = 0;

  int64_t Left(int64_t now_ms) const { return std::max<int64_t>(last_ms + every_ms - now_ms, 0); }
  bool Due(int64_t now_ms) {
    if (Left(now_ms) > 0) {
      return false;
    }
    last_ms = now_ms;
    return true;
  }
};

FleetService::FleetService(FleetServiceOptions options, const Deps& deps)
    : options_(std::move(options)),
      deps_(deps),
      own_fs_(deps.fs == nullptr ? base::NewPosixFileSystem() : nullptr),
      fs_(deps.fs == nullptr ? own_fs_.get() : deps.fs),
      taken_(deps.metrics->AddCounter("tidemark_fleet_samples_total",
                                      "Samples that the fleet's state was made of.")),
      lost_(deps.metrics->AddCounter("tidemark_fleet_losses_total",
                                     "Times that samples came faster than they were taken.")),
      fleet_(std::make_unique<fleet::Fleet>(options_.fleet)),
      subscriber_(fleet_.get()),
      session_(deps.db) {
  deps.metrics->AddGaugeCallback("tidemark_fleet_clusters", "Clusters that are known.", [this] {
    return static_cast<double>(snapshot()->clusters.size());
  });
}

FleetService::~FleetService() { Stop(); }

void FleetService::Start() {
  deps_.db->arrivals()->Subscribe(&subscriber_);
  thread_ = std::thread([this] { Run(); });
}

void FleetService::Stop() {
  if (!thread_.joinable()) {
    return;
  }
  stopping_.store(true, std::memory_order_relaxed);
  deps_.db->arrivals()->Wake(&subscriber_);
  thread_.join();
  deps_.db->arrivals()->Unsubscribe(&subscriber_);
}

std::shared_ptr<const fleet::FleetSnapshot> FleetService::snapshot() const {
  base::MutexLock lock(&mu_);
  return fleet_->snapshot();
}

absl::Status FleetService::Forget(std::string_view cluster) {
  fleet::ClusterIdentity identity;
  {
    base::MutexLock lock(&mu_);
    ASSIGN_OR_RETURN(identity, fleet_->Forget(cluster));
  }
  Evaluate(/*all=*/false);
  {
    base::MutexLock lock(&mu_);
    forgotten_.push_back(std::move(identity.labels));
  }
  deps_.db->arrivals()->Wake(&subscriber_);
  return absl::OkStatus();
}

absl::Status FleetService::ForgetTask(std::string_view cluster, std::string_view task) {
  {
    base::MutexLock lock(&mu_);
    RETURN_IF_ERROR(fleet_->ForgetTask(cluster, task));
  }
  Evaluate(/*all=*/false);
  return absl::OkStatus();
}

void FleetService::Run() {
  pthread_setname_np(pthread_self(), "fleet");
  LoadRegistry();
  deps_.db->Reclassify(&subscriber_);
  Rebuild();
  Evaluate(/*all=*/true);
  Timer changed{options_.evaluate_changed_ms};
  Timer all{options_.evaluate_all_ms};
  Timer facts{options_.facts_ms};
  Timer save{options_.save_ms, deps_.clock->SteadyNanos() / 1'000'000};
  bool has_changed = false;  // since the last evaluation
  int64_t wait_ms = options_.evaluate_changed_ms;
  while (!stopping_.load(std::memory_order_relaxed)) {
    subscriber_.Wait(wait_ms);
    has_changed = TakeArrivals() || has_changed;
    const int64_t now = deps_.clock->SteadyNanos() / 1'000'000;
    const bool everything = all.Due(now);
    if (everything || (has_changed && changed.Due(now))) {
      Evaluate(everything);
      has_changed = false;
    }
    wait_ms = has_changed ? changed.Left(now) : options_.evaluate_changed_ms;
    if (facts.Due(now)) {
      WriteFacts();
    }
    EndForgotten();
    if (save.Due(now)) {
      SaveRegistry();
    }
  }
  EndForgotten();
  SaveRegistry();
}

void FleetService::LoadRegistry() {
  auto saved = fleet::LoadRegistry(fs_, options_.folder);
  if (saved.ok()) {
    base::MutexLock lock(&mu_);
    fleet_->Restore(*std::move(saved));
    return;
  }
  // What was known of clusters that send nothing now is lost; the rest comes back.
  deps_.logger->Error("the registry of clusters cannot be read; it is put aside and begun anew",
                      {{"error", saved.status()}});
  const std::string path = fmt::format("{}/{}", options_.folder, fleet::kRegistryFileName);
  const absl::Status aside = fs_->Rename(path, path + ".damaged");
  if (!aside.ok()) {
    deps_.logger->Error("the registry cannot be put aside", {{"error", aside}});
  }
}

void FleetService::SaveRegistry() {
  fleet::Fleet::Saved fleet;
  {
    base::MutexLock lock(&mu_);
    fleet = fleet_->Save();
  }
  const absl::Status saved = fleet::SaveRegistry(fs_, options_.folder, fleet);
  if (!saved.ok()) {
    deps_.logger->Warn("the registry of clusters was not saved", {{"error", saved}});
  }
}

std::vector<FleetService::ReplayedSeries> FleetService::WantedSeries(model::Timestamp from,
                                                                     model::Timestamp to) {
  const model::Matcher matcher = SignalMatcher();
  const storage::Selection selection{
      .min_time = from, .max_time = to, .matchers = std::span(&matcher, 1)};
  std::vector<ReplayedSeries> series;
  const absl::Status visited =
      deps_.db->VisitSeries(selection, [&](storage::SeriesKey key, model::LabelsView labels) {
        base::MutexLock lock(&mu_);
        if (auto input = fleet_->Attach(labels)) {
          series.push_back({key, *std::move(input)});
        }
      });
  if (!visited.ok()) {
    deps_.logger->Warn("the fleet's past cannot be read", {{"error", visited}});
  }
  return series;
}

uint64_t FleetService::Generation() const {
  base::MutexLock lock(&mu_);
  return fleet_->generation();
}

void FleetService::Rebuild() {
  const model::Timestamp now = deps_.clock->NowMs();
  model::Timestamp from = now - options_.rebuild_ms;
  const uint64_t generation = Generation();
  const std::vector<ReplayedSeries> series = WantedSeries(from, now);
  for (; from <= now && !stopping_.load(std::memory_order_relaxed); from += kSliceMs) {
    Replay(series, generation, from, std::min(from + kSliceMs - 1, now));
  }
  deps_.logger->Info("the fleet's state was rebuilt",
                     {{"series", series.size()},
                      {"clusters", snapshot()->clusters.size()},
                      {"duration_ms", deps_.clock->NowMs() - now}});
}

void FleetService::Replay(const std::vector<ReplayedSeries>& series, uint64_t generation,
                          model::Timestamp from, model::Timestamp to) {
  struct Replayed {
    model::Sample sample;
    const ReplayedSeries* series;
  };
  std::vector<Replayed> samples;
  storage::SampleColumns columns;
  for (const ReplayedSeries& one : series) {
    columns.clear();
    if (!deps_.db->ReadSeries(one.key, from, to, &columns).ok()) {
      continue;  // what is damaged is reported by the store, and is missing here
    }
    for (size_t i = 0; i < columns.size(); ++i) {
      samples.push_back({{columns.timestamps[i], columns.values[i]}, &one});
    }
  }
  std::stable_sort(samples.begin(), samples.end(),
                   [](const Replayed& a, const Replayed& b) { return a.sample.t < b.sample.t; });
  base::MutexLock lock(&mu_);
  if (fleet_->generation() != generation) {
    return;  // a cluster was forgotten meanwhile; what comes from here on is attached anew
  }
  for (const Replayed& replayed : samples) {
    // When it came is not known any more: in time, as far as anyone can tell.
    fleet_->Apply(replayed.series->input, replayed.sample, replayed.sample.t);
  }
}

bool FleetService::TakeArrivals() {
  if (subscriber_.TakeLoss()) {
    lost_->Add();
    deps_.logger->Warn("samples came faster than the fleet took them; its state is rebuilt");
    Rebuild();
  }
  storage::ArrivalBatch* batch = subscriber_.Take();
  const bool any = batch != nullptr;
  while (batch != nullptr) {
    storage::ArrivalBatch* const next = batch->next;
    {
      base::MutexLock lock(&mu_);
      for (const storage::SeriesRef ref : batch->evicted) {
        inputs_.erase(ref);
      }
      for (const storage::Arrival& arrival : batch->arrivals) {
        Apply(arrival, batch->received_ms);
      }
    }
    taken_->Add(batch->arrivals.size());
    deps_.db->arrivals()->Recycle(batch);
    batch = next;
  }
  return any;
}

void FleetService::Apply(const storage::Arrival& arrival, int64_t received_ms) {
  if (inputs_generation_ != fleet_->generation()) {
    inputs_.clear();
    inputs_generation_ = fleet_->generation();
  }
  auto known = inputs_.find(arrival.series);
  if (known == inputs_.end()) {
    const auto name = deps_.db->NameOf(arrival.series);
    auto input = name.has_value() ? fleet_->Attach(name->labels) : std::nullopt;
    if (!input.has_value()) {
      return;
    }
    known = inputs_.emplace(arrival.series, *std::move(input)).first;
  }
  fleet_->Apply(known->second, arrival.sample, received_ms);
}

void FleetService::Evaluate(bool all) {
  {
    base::MutexLock lock(&mu_);
    fleet_->Evaluate(deps_.clock->NowMs(), all);
  }
  if (deps_.evaluated != nullptr) {
    deps_.evaluated();
  }
}

void FleetService::WriteSample(model::LabelsView labels, model::Sample sample) {
  const model::Hash128 hash = session_.table().Hash(labels.bytes());
  storage::HeadSeries* series = session_.table().Find(labels.bytes(), hash);
  if (series == nullptr) {
    storage::Head::Wanted wanted{labels, hash, nullptr};
    session_.Register({&wanted, 1});
    series = wanted.series;
  }
  // A refusal means that the clock stands still or that no sample is taken now; the next one tells.
  (void)session_.Append(series, sample);
}

void FleetService::WriteFacts() {
  std::vector<fleet::Fact> facts = fleet::FactSeries(*snapshot());
  std::sort(facts.begin(), facts.end(), ByBytes);
  const model::Timestamp now = std::max(deps_.clock->NowMs(), told_at_ + 1);
  told_at_ = now;
  session_.Begin();
  std::vector<model::Labels> told;
  auto before = told_.begin();
  for (fleet::Fact& fact : facts) {
    // What was told before and is no more is at its end.
    for (; before != told_.end() && before->bytes() < fact.labels.bytes(); ++before) {
      WriteSample(*before, {now, model::StaleMarker()});
    }
    if (before != told_.end() && *before == fact.labels) {
      ++before;
    }
    WriteSample(fact.labels, {now, fact.value});
    told.push_back(std::move(fact.labels));
  }
  for (; before != told_.end(); ++before) {
    WriteSample(*before, {now, model::StaleMarker()});
  }
  told_ = std::move(told);
  // A full disk is told by the journal itself.
  session_.Commit([](const absl::Status&) {});
}

// First the facts, so that no rule finds a cluster silent that is not there any more.
void FleetService::EndForgotten() {
  std::vector<model::Labels> forgotten;
  {
    base::MutexLock lock(&mu_);
    forgotten = std::exchange(forgotten_, {});
  }
  if (forgotten.empty()) {
    return;
  }
  WriteFacts();
  SaveRegistry();  // what an operator did by hand outlives a crash
  for (const model::Labels& cluster : forgotten) {
    if (deps_.forgotten != nullptr) {
      deps_.forgotten(cluster);
    }
  }
}

}  // namespace tidemark::server
