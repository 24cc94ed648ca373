// AlertFeed tells watchers of alerts of each transition as it is decided.
//
// Changed() is called by the thread that evaluates rules: it copies the transition into a bounded
// inbox under a lock that is held for no longer than that, and wakes the feed's thread, which makes
// messages and hands them to the streams. It waits for no watcher and no network.
//
// A watcher that was added before the state of alerts is asked for misses no transition behind that
// state; one that was decided in between comes twice, in order.
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "alert/history/alert_record.h"
#include "base/mutex.h"
#include "proto/tidemark/v1/alert.pb.h"
#include "server/grpc/alert_messages.h"
#include "server/grpc/feed_thread.h"
#include "server/grpc/watch_stream.h"

namespace tidemark::server {

class AlertFeed {
 public:
  using Stream = WatchStream<v1::AlertTransition>;

  // At most `max_inbox` transitions wait for the feed's thread; beyond that the streams end.
  explicit AlertFeed(size_t max_inbox);

  void Changed(const alert::AlertRecord& record) ABSL_LOCKS_EXCLUDED(inbox_mu_);

  // From here on the stream is pushed what is selected. Unavailable after Stop().
  absl::Status Add(const std::shared_ptr<Stream>& stream, AlertSelection selection)
      ABSL_LOCKS_EXCLUDED(mu_, inbox_mu_);
  void Forget(const Stream* stream) ABSL_LOCKS_EXCLUDED(mu_, inbox_mu_);

  // Ends all streams. Idempotent.
  void Stop() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Watcher {
    std::shared_ptr<Stream> stream;
    AlertSelection selection;
  };

  void Tell() ABSL_LOCKS_EXCLUDED(mu_, inbox_mu_);
  std::vector<Watcher> watchers() const ABSL_LOCKS_EXCLUDED(mu_);
  void NoteCount() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) ABSL_LOCKS_EXCLUDED(inbox_mu_);

  const size_t max_inbox_;

  mutable base::Mutex mu_ ABSL_ACQUIRED_BEFORE(inbox_mu_);
  std::vector<Watcher> watchers_ ABSL_GUARDED_BY(mu_);
  bool is_stopped_ ABSL_GUARDED_BY(mu_) = false;

  base::Mutex inbox_mu_;
  std::vector<alert::AlertRecord> inbox_ ABSL_GUARDED_BY(inbox_mu_);
  bool has_watchers_ ABSL_GUARDED_BY(inbox_mu_) = false;
  bool has_overflowed_ ABSL_GUARDED_BY(inbox_mu_) = false;

  FeedThread thread_;  // last: its task uses the others
};

}  // namespace tidemark::server
