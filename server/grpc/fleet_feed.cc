#include "server/grpc/fleet_feed.h"

#include <algorithm>
#include <utility>

namespace tidemark::server {
namespace {

// Gives the events of a snapshot cluster by cluster, so that a fleet is never in memory as messages
// as a whole.
class InitialEvents {
 public:
  InitialEvents(FleetFeed::Snapshot snapshot, FleetSelection selection)
      : snapshot_(std::move(snapshot)), selection_(std::move(selection)) {}

  FleetFeed::Stream::Shared Next() {
    while (place_ == events_.size()) {
      if (!FillNext()) {
        return nullptr;
      }
    }
    return events_[place_++].message;
  }

 private:
  bool FillNext() {
    const auto& clusters = snapshot_->clusters;
    if (cluster_ > clusters.size()) {
      return false;
    }
    events_ = cluster_ < clusters.size()
                  ? EventsOf(*clusters[cluster_], snapshot_->at_ms, selection_)
                  : EventsOfMissing(*snapshot_, selection_);
    place_ = 0;
    ++cluster_;
    return true;
  }

  const FleetFeed::Snapshot snapshot_;
  const FleetSelection selection_;
  size_t cluster_ = 0;  // the next; one behind the last stands for those that are missing
  std::vector<FleetEvent> events_;
  size_t place_ = 0;
};

}  // namespace

FleetFeed::FleetFeed(std::function<Snapshot()> now)
    : now_(std::move(now)), thread_("grpc-fleet", [this] { Tell(); }) {}

absl::Status FleetFeed::Watch(const std::shared_ptr<Stream>& stream, FleetSelection selection) {
  Snapshot begin;
  {
    base::MutexLock lock(&mu_);
    if (is_stopped_) {
      return absl::UnavailableError("the server is stopping");
    }
    if (watchers_.empty()) {
      told_ = now_();
    }
    begin = told_;
    watchers_.push_back({stream, selection});
  }
  auto initial = std::make_shared<InitialEvents>(std::move(begin), std::move(selection));
  stream->Begin([initial] { return initial->Next(); });
  return absl::OkStatus();
}

void FleetFeed::Forget(const Stream* stream) {
  base::MutexLock lock(&mu_);
  std::erase_if(watchers_, [&](const Watcher& watcher) { return watcher.stream.get() == stream; });
  if (watchers_.empty()) {
    told_ = nullptr;
  }
}

void FleetFeed::Tell() {
  std::vector<FleetEvent> events;
  std::vector<Watcher> watchers;
  {
    base::MutexLock lock(&mu_);
    if (watchers_.empty()) {
      return;
    }
    const Snapshot next = now_();
    events = EventsBetween(*told_, *next);
    told_ = next;
    watchers = watchers_;
  }
  for (const Watcher& watcher : watchers) {
    for (const FleetEvent& event : events) {
      if (IsSelected(event, watcher.selection)) {
        watcher.stream->Push(event.message);
      }
    }
  }
}

void FleetFeed::Stop() {
  thread_.Stop();
  std::vector<Watcher> watchers;
  {
    base::MutexLock lock(&mu_);
    is_stopped_ = true;
    watchers = watchers_;
  }
  for (const Watcher& watcher : watchers) {
    watcher.stream->End({grpc::StatusCode::UNAVAILABLE, "the server is stopping"});
  }
}

}  // namespace tidemark::server
