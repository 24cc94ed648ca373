#include "tools/fleetsim/scrape_stream.h"

#include <algorithm>
#include <set>

#include "base/status_macros.h"
#include "model/sample.h"
#include "tools/fleetsim/random.h"

namespace tidemark::fleetsim {
namespace {

constexpr int64_t kMetadataEveryMs = 60'000;

size_t SeriesOf(const Instance& instance) { return instance.table->series().size() + 1; }

size_t SeriesOf(const FleetModel& model) {
  size_t count = 0;
  for (const Instance& instance : model.instances()) {
    count += SeriesOf(instance);
  }
  return count;
}

}  // namespace

ScrapeStream::ScrapeStream(const FleetModel* model, const ScrapeOptions& options, size_t shard,
                           Sink sink, Gate gate)
    : model_(model),
      options_(options),
      shard_(shard),
      sink_(std::move(sink)),
      gate_(std::move(gate)),
      targets_(TargetsInOrder()),
      present_(SeriesOf(*model)),
      labels_(model) {
  if (options_.keep) {
    ApplyKeepList();
  }
}

void ScrapeStream::ApplyKeepList() {
  up_kept_ = options_.keep("up");
  for (const Instance& instance : model_->instances()) {
    std::vector<bool>& kept = kept_[instance.table];
    if (kept.empty()) {
      for (const MetricSeries& series : instance.table->series()) {
        kept.push_back(options_.keep(series.name));
      }
    }
  }
}

std::vector<ScrapeStream::Target> ScrapeStream::TargetsInOrder() const {
  std::vector<Target> targets;
  size_t number = 0;
  for (const Instance& instance : model_->instances()) {
    const uint64_t key = Key(model_->options().seed, number);
    targets.push_back({&instance, number,
                       static_cast<int64_t>(key % static_cast<uint64_t>(options_.interval_ms))});
    number += SeriesOf(instance);
  }
  std::sort(targets.begin(), targets.end(),
            [](const Target& a, const Target& b) { return a.offset_ms < b.offset_ms; });
  return targets;
}

absl::Status ScrapeStream::Scrape(int64_t n) {
  const int64_t round_ms = options_.start_ms + n * options_.interval_ms;
  const int64_t rounds_a_minute = std::max<int64_t>(1, kMetadataEveryMs / options_.interval_ms);
  if (shard_ == 0 && n % rounds_a_minute == 0) {
    RETURN_IF_ERROR(SendMetadata());
  }
  for (Target& target : targets_) {
    RETURN_IF_ERROR(gate_(round_ms + target.offset_ms));
    RETURN_IF_ERROR(ScrapeTarget(n, &target));
  }
  return absl::OkStatus();
}

absl::Status ScrapeStream::ScrapeTarget(int64_t n, Target* target) {
  const auto time_of = [&](int64_t round) {
    return options_.start_ms + round * options_.interval_ms + target->offset_ms;
  };
  const InstanceState state = model_->At(*target->instance, time_of(n));
  if (state.cut) {
    return absl::OkStatus();
  }
  for (; target->rounds < n; ++target->rounds) {
    RETURN_IF_ERROR(Send(*target, model_->At(*target->instance, time_of(target->rounds))));
  }
  ++target->rounds;
  return Send(*target, state);
}

absl::Status ScrapeStream::Send(const Target& target, const InstanceState& state) {
  if (!state.reachable) {
    return absl::OkStatus();
  }
  const int64_t t_ms = state.now_ms;
  const MetricTable& table = *target.instance->table;
  const size_t up = table.series().size();
  const std::vector<bool>* kept = kept_.empty() ? nullptr : &kept_.at(&table);
  // Series are numbered through the fleet; a shard has those that leave its own remainder.
  const size_t first =
      (shard_ + options_.shards - target.number % options_.shards) % options_.shards;
  for (size_t i = first; i <= up; i += options_.shards) {
    if (i == up) {
      return !up_kept_ ? absl::OkStatus()
                       : Emit(labels_.OfUp(*target.instance), t_ms, state.up ? 1 : 0);
    }
    if (kept != nullptr && !(*kept)[i]) {
      continue;
    }
    const std::optional<double> value = state.up ? table.Value(state, i) : std::nullopt;
    if (value || present_[target.number + i]) {
      RETURN_IF_ERROR(
          Emit(labels_.Of(*target.instance, i), t_ms, value ? *value : model::StaleMarker()));
    }
    present_[target.number + i] = value.has_value();
  }
  return absl::OkStatus();
}

absl::Status ScrapeStream::Emit(std::string_view labels, int64_t t_ms, double v) {
  encoder_.Add(labels, t_ms, v);
  return encoder_.samples() < options_.samples_per_request ? absl::OkStatus() : Flush();
}

absl::Status ScrapeStream::Flush() {
  const size_t samples = encoder_.samples();
  return samples == 0 ? absl::OkStatus() : sink_(encoder_.Finish(), samples);
}

absl::Status ScrapeStream::SendMetadata() {
  RequestEncoder encoder;
  std::set<std::string_view> sent;
  for (const Instance& instance : model_->instances()) {
    for (const MetricFamily& family : instance.table->families()) {
      if (sent.insert(family.name).second) {
        encoder.AddMetadata(family);
      }
    }
  }
  return sink_(encoder.Finish(), 0);
}

}  // namespace tidemark::fleetsim
