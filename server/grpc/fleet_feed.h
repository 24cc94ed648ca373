// FleetFeed tells watchers of the fleet what changes from one evaluation of it to the next.
//
// It keeps the snapshot that its watchers know. A new watcher begins with exactly that one, and
// gets every change behind it. Without watchers nothing is kept and nothing is compared.
//
// Changed(), Watch() and Stop() are thread-safe; Changed() waits for nobody.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "fleet/fleet.h"
#include "proto/tidemark/v1/fleet.pb.h"
#include "server/grpc/feed_thread.h"
#include "server/grpc/fleet_changes.h"
#include "server/grpc/watch_stream.h"

namespace tidemark::server {

class FleetFeed {
 public:
  using Stream = WatchStream<v1::FleetChange>;
  using Snapshot = std::shared_ptr<const fleet::FleetSnapshot>;

  // `now` gives the last evaluation; it is called by Watch() and by the feed's thread.
  explicit FleetFeed(std::function<Snapshot()> now);

  // The fleet has been evaluated.
  void Changed() { thread_.Wake(); }

  // Begins `stream` with the present fleet. Unavailable after Stop().
  absl::Status Watch(const std::shared_ptr<Stream>& stream, FleetSelection selection)
      ABSL_LOCKS_EXCLUDED(mu_);
  void Forget(const Stream* stream) ABSL_LOCKS_EXCLUDED(mu_);

  // Ends all streams. Idempotent.
  void Stop() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Watcher {
    std::shared_ptr<Stream> stream;
    FleetSelection selection;
  };

  void Tell() ABSL_LOCKS_EXCLUDED(mu_);

  const std::function<Snapshot()> now_;
  base::Mutex mu_;
  std::vector<Watcher> watchers_ ABSL_GUARDED_BY(mu_);
  Snapshot told_ ABSL_GUARDED_BY(mu_);  // what the watchers know; null if there are none
  bool is_stopped_ ABSL_GUARDED_BY(mu_) = false;
  FeedThread thread_;  // last: its task uses the others
};

}  // namespace tidemark::server
