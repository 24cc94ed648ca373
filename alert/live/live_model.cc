#include "alert/live/live_model.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "base/status_macros.h"

namespace tidemark::alert {
namespace {

LiveGroupSettings SettingsOf(const RuleGroup& group, const LiveOptions& options) {
  return {.interval_ms = group.interval_ms > 0 ? group.interval_ms : options.evaluation_interval_ms,
          .query_offset_ms = group.query_offset_ms.value_or(options.query_offset_ms),
          .fleet_wide = options.identity_labels.empty() ||
                        (options.is_fleet_wide && options.is_fleet_wide(group)),
          .release_silent = options.release_silent && options.release_silent(group)};
}

// Series of one target have the same number; others only by chance.
uint32_t TargetOf(model::LabelsView cluster, model::LabelsView bare) {
  const auto of = [](std::string_view text) { return base::ToAbsl(text); };
  return static_cast<uint32_t>(
      absl::HashOf(of(cluster.bytes()), of(bare.Get("job")), of(bare.Get("instance"))));
}

}  // namespace

absl::StatusOr<std::unique_ptr<LiveModel>> LiveModel::Create(RuleFileSet files,
                                                             const LiveOptions& options,
                                                             const ClusterIdentity* identity,
                                                             const query::Engine* engine) {
  std::unique_ptr<LiveModel> model(new LiveModel(identity));
  model->files_ = std::move(files);
  for (const RuleFile& file : model->files_) {
    for (const RuleGroup& group : file.groups) {
      model->groups_.push_back(&group);
      const LiveGroupSettings settings = SettingsOf(group, options);
      for (const Rule& rule : group.rules) {
        const auto rank = static_cast<uint32_t>(model->rules_.size());
        ASSIGN_OR_RETURN(auto live, LiveRule::Create(&group, &rule, rank, settings, engine));
        model->reach_ms_ = std::max(model->reach_ms_, live->reach_ms());
        model->rules_.push_back(std::move(live));
      }
    }
  }
  model->inputs_ = std::make_shared<const LiveInputs>(model->rules_, *identity);
  model->fleet_scopes_.resize(model->rules_.size());
  for (const auto& rule : model->rules_) {
    if (rule->settings().fleet_wide) {
      model->fleet_scopes_[rule->rank()] = model->MakeScope(rule.get(), &model->fleet_);
    }
  }
  return model;
}

LiveScope* LiveModel::MakeScope(LiveRule* rule, LiveCluster* cluster) {
  LiveScope* const scope = scopes_.emplace_back(std::make_unique<LiveScope>()).get();
  scope->rule = rule;
  scope->cluster = cluster;
  if (!rule->splits()) {
    PartitionOf(scope, {});
  }
  return scope;
}

LiveCluster* LiveModel::ClusterOf(const model::Labels& labels) {
  std::unique_ptr<LiveCluster>& cluster = clusters_[labels.bytes()];
  if (cluster == nullptr) {
    cluster = std::make_unique<LiveCluster>();
    LiveCluster* const made = cluster.get();
    made->labels = labels;
    for (const auto& rule : rules_) {
      const bool own = !rule->settings().fleet_wide;
      made->scopes.push_back(own ? MakeScope(rule.get(), made) : nullptr);
    }
    return made;
  }
  return cluster.get();
}

LiveScope* LiveModel::ScopeOf(const LiveRule& rule, const model::Labels& cluster) {
  return rule.settings().fleet_wide ? fleet_scopes_[rule.rank()]
                                    : ClusterOf(cluster)->scopes[rule.rank()];
}

LivePartition* LiveModel::PartitionOf(LiveScope* scope, const model::Labels& labels) {
  if (const auto found = scope->partitions.find(labels.bytes()); found != scope->partitions.end()) {
    return found->second.get();
  }
  auto partition = std::make_unique<LivePartition>();
  LivePartition* const made = partition.get();
  made->scope = scope;
  made->labels = labels;
  if (scope->rule->settles()) {
    made->gate = std::make_unique<ScrapeGate>();
  }
  scope->partitions.emplace(made->labels.bytes(), std::move(partition));
  made_.push_back(made);
  return made;
}

void LiveModel::RemovePartition(LivePartition* partition) {
  LiveScope* const scope = partition->scope;
  scope->true_count -= partition->true_count;
  scope->partitions.erase(scope->partitions.find(partition->labels.bytes()));
}

LiveSeries* LiveModel::FindSeries(storage::SeriesRef ref) const {
  const auto found = series_.find(ref);
  return found == series_.end() ? nullptr : found->second.get();
}

LiveSeries* LiveModel::AddSeries(storage::SeriesKey key, model::LabelsView labels) {
  auto owned = std::make_unique<LiveSeries>();
  LiveSeries* const series = owned.get();
  series_[key.series] = std::move(owned);
  series->key = key;
  const std::vector<uint32_t> ranks = inputs_->RulesFor(labels.metric_name());
  if (!inputs_->MayRead(labels)) {
    return series;
  }
  series->labels = model::Labels(labels);
  ClusterIdentity::Split split = identity_->Of(labels);
  series->bare = std::move(split.bare);
  if (identity_->enabled()) {
    series->cluster = ClusterOf(split.cluster);
  }
  series->target = TargetOf(split.cluster, series->bare);
  for (const uint32_t rank : ranks) {
    if (rules_[rank]->settings().fleet_wide) {
      Join(series, fleet_scopes_[rank], series->labels);
    } else {
      Join(series, series->cluster->scopes[rank], series->bare);
    }
  }
  return series;
}

void LiveModel::Join(LiveSeries* series, LiveScope* scope, model::LabelsView labels) {
  const uint64_t inputs = scope->rule->InputsOf(labels);
  if (inputs == 0) {
    return;
  }
  LivePartition* const partition = PartitionOf(scope, scope->rule->PartitionOf(labels));
  const bool fleet_wide = scope->rule->settings().fleet_wide;
  partition->has_twins =
      partition->has_twins ||
      (!fleet_wide && std::any_of(partition->members.begin(), partition->members.end(),
                                  [labels](const LiveMember& member) {
                                    return member.series->bare.view() == labels;
                                  })) ||
      (fleet_wide && std::any_of(partition->members.begin(), partition->members.end(),
                                 [labels](const LiveMember& member) {
                                   return member.series->labels.view() == labels;
                                 }));
  partition->members.push_back({series, inputs});
  series->partitions.push_back(partition);
}

void LiveModel::RemoveSeries(LiveSeries* series) {
  for (LivePartition* partition : series->partitions) {
    std::erase_if(partition->members,
                  [series](const LiveMember& member) { return member.series == series; });
    if (partition->gate != nullptr) {
      partition->gate->Leave(series->target, series->newest);
    }
  }
  series_.erase(series->key.series);
}

void LiveModel::ForEachPartition(absl::FunctionRef<void(LivePartition*)> visit) const {
  for (const auto& scope : scopes_) {
    for (const auto& [labels, partition] : scope->partitions) {
      visit(partition.get());
    }
  }
}

size_t LiveModel::partition_count() const {
  size_t count = 0;
  for (const auto& scope : scopes_) {
    count += scope->partitions.size();
  }
  return count;
}

}  // namespace tidemark::alert
