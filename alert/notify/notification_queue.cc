#include "alert/notify/notification_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tidemark::alert {
namespace {

bool Repeats(const QueuedNotification& newer, const QueuedNotification& older) {
  return newer.resolved == older.resolved &&
         newer.notification.starts_at == older.notification.starts_at;
}

}  // namespace

void NotificationQueue::Push(QueuedNotification queued) {
  const auto known = newest_.find(queued.notification.labels.bytes());
  if (known == newest_.end()) {
    entries_.push_back({std::move(queued), false});
    newest_.emplace(KeyOf(entries_.back()), std::prev(entries_.end()));
    DropOldStates();
    return;
  }
  Entry& older = *known->second;
  if (Repeats(queued, older.queued)) {
    older.queued = std::move(queued);
    ++superseded_;
    return;
  }
  older.has_newer = true;
  ++outdated_;
  entries_.push_back({std::move(queued), false});
  known->second = std::prev(entries_.end());
  DropOldStates();
}

void NotificationQueue::DropOldStates() {
  while (entries_.size() > capacity_ && outdated_ > 0) {
    const auto oldest = std::find_if(entries_.begin(), entries_.end(),
                                     [](const Entry& entry) { return entry.has_newer; });
    entries_.erase(oldest);
    --outdated_;
    ++superseded_;
  }
}

std::vector<QueuedNotification> NotificationQueue::Take(size_t count) {
  std::vector<QueuedNotification> batch;
  batch.reserve(std::min(count, entries_.size()));
  while (batch.size() < count && !entries_.empty()) {
    Entry& front = entries_.front();
    if (front.has_newer) {
      --outdated_;
    } else {
      newest_.erase(newest_.find(KeyOf(front)));
    }
    batch.push_back(std::move(front.queued));
    entries_.pop_front();
  }
  return batch;
}

void NotificationQueue::PutBack(std::vector<QueuedNotification> batch) {
  // From the back, so that of two states of one alert the newer is there first.
  for (auto it = batch.rbegin(); it != batch.rend(); ++it) {
    const auto known = newest_.find(it->notification.labels.bytes());
    if (known == newest_.end()) {
      entries_.push_front({std::move(*it), false});
      newest_.emplace(KeyOf(entries_.front()), entries_.begin());
    } else if (Repeats(known->second->queued, *it)) {
      ++superseded_;
    } else {
      entries_.push_front({std::move(*it), true});
      ++outdated_;
    }
  }
  DropOldStates();
}

}  // namespace tidemark::alert
