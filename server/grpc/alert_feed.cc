#include "server/grpc/alert_feed.h"

#include <algorithm>
#include <utility>

namespace tidemark::server {

AlertFeed::AlertFeed(size_t max_inbox)
    : max_inbox_(max_inbox), thread_("grpc-alerts", [this] { Tell(); }) {}

void AlertFeed::Changed(const alert::AlertRecord& record) {
  {
    base::MutexLock lock(&inbox_mu_);
    if (!has_watchers_ || has_overflowed_) {
      return;
    }
    if (inbox_.size() == max_inbox_) {
      has_overflowed_ = true;
      inbox_.clear();
    } else {
      inbox_.push_back(record);
    }
  }
  thread_.Wake();
}

void AlertFeed::NoteCount() {
  base::MutexLock lock(&inbox_mu_);
  has_watchers_ = !watchers_.empty();
}

absl::Status AlertFeed::Add(const std::shared_ptr<Stream>& stream, AlertSelection selection) {
  {
    base::MutexLock lock(&mu_);
    if (is_stopped_) {
      return absl::UnavailableError("the server is stopping");
    }
    watchers_.push_back({stream, std::move(selection)});
    NoteCount();
  }
  if (stream->is_done()) {
    Forget(stream.get());
  }
  return absl::OkStatus();
}

void AlertFeed::Forget(const Stream* stream) {
  base::MutexLock lock(&mu_);
  std::erase_if(watchers_, [&](const Watcher& watcher) { return watcher.stream.get() == stream; });
  NoteCount();
}

std::vector<AlertFeed::Watcher> AlertFeed::watchers() const {
  base::MutexLock lock(&mu_);
  return watchers_;
}

void AlertFeed::Tell() {
  std::vector<alert::AlertRecord> records;
  bool has_overflowed = false;
  {
    base::MutexLock lock(&inbox_mu_);
    records.swap(inbox_);
    has_overflowed = std::exchange(has_overflowed_, false);
  }
  const std::vector<Watcher> told = watchers();
  if (has_overflowed) {
    for (const Watcher& watcher : told) {
      watcher.stream->End({grpc::StatusCode::RESOURCE_EXHAUSTED,
                           "alerts changed faster than they could be told; watch again: the new "
                           "stream begins with the alerts that are active then"});
    }
    return;
  }
  for (const alert::AlertRecord& record : records) {
    const auto message = std::make_shared<const v1::AlertTransition>(TransitionMessage(record));
    for (const Watcher& watcher : told) {
      if (watcher.selection.HasChange(record)) {
        watcher.stream->Push(message);
      }
    }
  }
}

void AlertFeed::Stop() {
  thread_.Stop();
  {
    base::MutexLock lock(&mu_);
    is_stopped_ = true;
  }
  for (const Watcher& watcher : watchers()) {
    watcher.stream->End({grpc::StatusCode::UNAVAILABLE, "the server is stopping"});
  }
}

}  // namespace tidemark::server
