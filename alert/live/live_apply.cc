// How rules come into force, and what is told and saved of them.
#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "alert/check/partition.h"
#include "alert/live/internal/live_core.h"
#include "base/status_macros.h"

namespace tidemark::alert {
namespace {

using model::Timestamp;

constexpr int64_t kNewestWithinMs = 300'000;

const LiveRule* FindRule(const LiveModel& model, const LiveRule& wanted) {
  const auto& rules = model.rules();
  const auto found = std::find_if(rules.begin(), rules.end(),
                                  [&wanted](const auto& rule) { return rule->SameAs(wanted); });
  return found == rules.end() ? nullptr : found->get();
}

const LiveRule* FindRule(const LiveModel& model, const SavedAlert& saved) {
  const auto& rules = model.rules();
  const auto found = std::find_if(rules.begin(), rules.end(), [&saved](const auto& rule) {
    return rule->is_alert() && rule->rule().name == saved.rule &&
           rule->group().name == saved.group && rule->group().file == saved.file &&
           rule->labels() == saved.rule_labels;
  });
  return found == rules.end() ? nullptr : found->get();
}

// Whether partitions of one rule are partitions of the other.
bool SplitAlike(const LiveRule& a, const LiveRule& b) {
  return a.family() == b.family() && a.settings().fleet_wide == b.settings().fleet_wide;
}

AlertRuleSettings SettingsOf(const LiveRule& rule) {
  return {rule.rule().for_ms, rule.rule().keep_firing_for_ms, 0};
}

}  // namespace

absl::Status LiveEngine::Core::Apply(RuleFileSet files) {
  base::MutexLock turn(&apply_mu_);
  ASSIGN_OR_RETURN(auto model,
                   LiveModel::Create(std::move(files), options_, &identity_, deps_.engine));
  std::shared_ptr<const LiveInputs> before;
  {
    base::MutexLock lock(&wanted_mu_);
    before = std::exchange(wanted_, model->inputs());
  }
  deps_.store->Reclassify(this);
  absl::StatusOr<std::vector<Seed>> seeds = FindSeeds(*model);
  if (!seeds.ok()) {
    {
      base::MutexLock lock(&wanted_mu_);
      wanted_ = before;
    }
    deps_.store->Reclassify(this);
    return base::Annotate(seeds.status(), "look up what the rules read");
  }
  {
    base::MutexLock lock(&mu_);
    SetNow(wall_.NowMs());
    std::unique_ptr<LiveModel> old = std::exchange(model_, std::move(model));
    deadlines_ = {};
    ready_.clear();
    next_ready_.clear();
    rank_.reset();
    late_.clear();
    leaving_.clear();
    AddSeeds(*seeds);
    if (old != nullptr) {
      TakeOver(old.get());
    }
    QueueNew();
  }
  deps_.store->arrivals()->Wake(this);
  return absl::OkStatus();
}

// The series that the rules read and that may have samples that count.
absl::StatusOr<std::vector<LiveEngine::Core::Seed>> LiveEngine::Core::FindSeeds(
    const LiveModel& model) const {
  std::vector<Seed> seeds;
  absl::flat_hash_set<storage::SeriesRef> seen;
  for (const std::vector<model::Matcher>& matchers : model.inputs()->selections()) {
    const storage::Selection selection{.min_time = deps_.clock->NowMs() - model.reach_ms(),
                                       .max_time = model::kMaxTimestamp,
                                       .matchers = matchers};
    RETURN_IF_ERROR(
        deps_.store->VisitSeries(selection, [&](storage::SeriesKey key, model::LabelsView labels) {
          if (seen.insert(key.series).second) {
            seeds.push_back({key, model::Labels(labels)});
          }
        }));
  }
  return seeds;
}

void LiveEngine::Core::AddSeeds(const std::vector<Seed>& seeds) {
  for (const Seed& seed : seeds) {
    AddSeries(seed.key, seed.labels);
  }
}

// Adds a series that was there before the rules were.
LiveSeries* LiveEngine::Core::AddSeries(storage::SeriesKey key, model::LabelsView labels) {
  LiveSeries* const series = model_->AddSeries(key, labels);
  storage::SampleColumns columns;
  if (deps_.store->ReadSeries(key, now_ - kNewestWithinMs, model::kMaxTimestamp, &columns).ok() &&
      columns.size() > 0) {
    series->newest = columns.timestamps.back();
    for (LivePartition* partition : series->partitions) {
      if (partition->gate != nullptr) {
        partition->gate->Arrive(series->target, model::kMinTimestamp, series->newest);
      }
    }
  }
  return series;
}

void LiveEngine::Core::TakeOver(LiveModel* before) {
  std::vector<const LiveRule*> successors;
  for (const auto& rule : before->rules()) {
    const LiveRule* const same = FindRule(*model_, *rule);
    successors.push_back(same != nullptr && SplitAlike(*same, *rule) ? same : nullptr);
  }
  before->ForEachPartition([&](LivePartition* old) {
    mu_.AssertHeld();
    TakeOverPartition(old, successors[old->scope->rule->rank()]);
  });
  if (evaluator_.TakeUncommitted()) {
    deps_.sink->Commit().IgnoreError();
  }
}

void LiveEngine::Core::TakeOverPartition(LivePartition* old, const LiveRule* rule) {
  if (old->alerts == nullptr && old->written == nullptr && old->late == nullptr) {
    return;
  }
  if (rule == nullptr) {
    evaluator_.EndAlerts(old, {LiveCause::kReload, std::nullopt, now_, deps_.clock->SteadyNanos()});
    evaluator_.EndSeries(old, now_);
    return;
  }
  LivePartition* const now =
      model_->PartitionOf(model_->ScopeOf(*rule, old->scope->cluster->labels), old->labels);
  now->alerts = std::move(old->alerts);
  now->written = std::move(old->written);
  if (now->alerts != nullptr) {
    now->alerts->set_settings(SettingsOf(*rule));
  }
  // What another text read says nothing about this one.
  if (rule->rule().expr == old->scope->rule->rule().expr) {
    now->inputs_when_true = old->inputs_when_true;
  }
}

void LiveEngine::Core::Restore(std::vector<SavedAlert> alerts) {
  base::MutexLock lock(&mu_);
  SetNow(wall_.NowMs());
  for (const SavedAlert& saved : alerts) {
    RestoreOne(saved);
  }
  QueueNew();
}

void LiveEngine::Core::RestoreOne(const SavedAlert& saved) {
  const LiveRule* const rule = model_ == nullptr ? nullptr : FindRule(*model_, saved);
  if (rule == nullptr || rule->PartitionOf(saved.partition) != saved.partition) {
    return;
  }
  LivePartition* const partition =
      model_->PartitionOf(model_->ScopeOf(*rule, saved.cluster), saved.partition);
  if (partition->alerts == nullptr) {
    partition->alerts = std::make_unique<AlertRuleState>(SettingsOf(*rule));
  }
  const auto known = partition->alerts->alerts();
  std::vector<Alert> all(known.begin(), known.end());
  all.push_back(saved.alert);
  partition->alerts->Restore(std::move(all));
  LiveEvaluator::AssumeWritten(partition);
  partition->inputs_when_true |= saved.inputs;
}

std::vector<SavedAlert> LiveEngine::Core::Save() const {
  base::MutexLock lock(&mu_);
  std::vector<SavedAlert> saved;
  if (model_ == nullptr) {
    return saved;
  }
  model_->ForEachPartition([&saved](const LivePartition* partition) {
    if (partition->alerts == nullptr) {
      return;
    }
    const LiveRule& rule = *partition->scope->rule;
    for (const Alert& alert : partition->alerts->alerts()) {
      saved.push_back({.file = rule.group().file,
                       .group = rule.group().name,
                       .rule = rule.rule().name,
                       .rule_labels = rule.labels(),
                       .cluster = partition->scope->cluster->labels,
                       .partition = partition->labels,
                       .inputs = partition->inputs_when_true,
                       .alert = alert});
    }
  });
  return saved;
}

void LiveEngine::Core::Forget(model::LabelsView cluster) {
  base::MutexLock lock(&mu_);
  if (model_ == nullptr) {
    return;
  }
  SetNow(wall_.NowMs());
  const auto is_of_cluster = [cluster](const LivePartition* partition) {
    return partition->scope->cluster->labels.view() == cluster;
  };
  for (Ready* ready : {&ready_, &next_ready_}) {
    for (auto& [rank, partitions] : *ready) {
      std::erase_if(partitions, is_of_cluster);
    }
  }
  std::vector<LivePartition*> partitions;
  model_->ForEachPartition([&](LivePartition* partition) {
    if (is_of_cluster(partition)) {
      partitions.push_back(partition);
    }
  });
  for (LivePartition* partition : partitions) {
    ForgetPartition(partition);
  }
  if (evaluator_.TakeUncommitted()) {
    deps_.sink->Commit().IgnoreError();
  }
}

// What its series have told counts for nothing from here on, until more comes.
void LiveEngine::Core::ForgetPartition(LivePartition* partition) {
  evaluator_.EndAlerts(partition,
                       {LiveCause::kForgotten, std::nullopt, now_, deps_.clock->SteadyNanos()});
  evaluator_.EndSeries(partition, now_);
  partition->queued = false;
  partition->dirty = false;
  partition->failed = false;
  partition->truth_ticks = false;
  partition->truth_until = model::kMaxTimestamp;
  if (!DropIfDone(partition)) {
    Plan(partition);
  }
}

LiveRuleStatus LiveEngine::Core::StatusOf(const LiveRule& rule) const {
  const LiveRuleFigures& figures = rule.figures;
  return {
      .rule = rule.rule(),
      .labels = rule.labels(),
      .health = figures.health,
      .error = figures.error,
      .evaluations = figures.evaluations,
      .failures = figures.failures,
      .settle_expiries = figures.settle_expiries,
      .last_duration_ns = figures.last_duration_ns,
      .total_duration_ns = figures.total_duration_ns,
      .last_evaluation = figures.last_evaluation,
      .partitions = 0,
      .clusters = 0,
      .splits = rule.splits(),
      .on_arrival = rule.on_arrival(),
      .ticks = rule.ticks(),
      .worst_delay_ms = WorstDelayMs(rule.family(), rule.ticks() || rule.next_change().may_move(),
                                     rule.inputs().size(), options_.tick_ms, options_.settle_ms),
      .alerts = {}};
}

std::vector<LiveGroupStatus> LiveEngine::Core::Status() const {
  base::MutexLock lock(&mu_);
  std::vector<LiveGroupStatus> groups;
  if (model_ == nullptr) {
    return groups;
  }
  std::vector<LiveRuleStatus> rules;
  for (const auto& rule : model_->rules()) {
    rules.push_back(StatusOf(*rule));
  }
  for (const auto& scope : model_->scopes()) {
    LiveRuleStatus& status = rules[scope->rule->rank()];
    status.partitions += scope->partitions.size();
    ++status.clusters;
    for (const auto& [labels, partition] : scope->partitions) {
      if (partition->alerts != nullptr) {
        for (const Alert& alert : partition->alerts->alerts()) {
          if (alert.state != AlertState::kInactive) {
            status.alerts.push_back({scope->cluster->labels, alert});
          }
        }
      }
    }
  }
  size_t rank = 0;
  for (const RuleGroup* group : model_->groups()) {
    LiveGroupStatus status{.group = *group, .interval_ms = 0, .fleet_wide = false, .rules = {}};
    for (size_t i = 0; i < group->rules.size(); ++i, ++rank) {
      status.interval_ms = model_->rules()[rank]->settings().interval_ms;
      status.fleet_wide = model_->rules()[rank]->settings().fleet_wide;
      status.rules.push_back(std::move(rules[rank]));
    }
    groups.push_back(std::move(status));
  }
  return groups;
}

LiveTotals LiveEngine::Core::totals() const {
  base::MutexLock lock(&mu_);
  LiveTotals totals;
  totals.arrivals = arrivals_;
  totals.evaluations = evaluator_.evaluations();
  totals.late_evaluations = evaluator_.late_evaluations();
  totals.overflows = overflows_;
  if (model_ != nullptr) {
    totals.partitions = model_->partition_count();
    totals.series = model_->series_count();
    totals.clusters = model_->cluster_count();
  }
  for (const auto& [rank, partitions] : ready_) {
    totals.waiting += partitions.size();
  }
  return totals;
}

}  // namespace tidemark::alert
