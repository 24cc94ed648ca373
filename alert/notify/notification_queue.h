// NotificationQueue holds what one Alertmanager has not been told yet.
//
// Invariants: of every alert that was pushed and not taken, the newest state is there. States of
// one alert are taken in the order in which they were pushed. At most `capacity` states are held,
// unless more alerts than that wait: then one state of each.
//
// A state that only repeats the one before (same start, both firing or both resolved) replaces it
// where it stands. When the queue is full, the oldest state that has a newer one of the same alert
// behind it is dropped. Thread-compatible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <vector>

#include "alert/notify/notification.h"
#include "base/string_map.h"

namespace tidemark::alert {

// A state of an alert on its way. `resolved` says which kind of end it has.
struct QueuedNotification {
  Notification notification;
  bool resolved = false;
};

class NotificationQueue {
 public:
  explicit NotificationQueue(size_t capacity) : capacity_(capacity) {}

  void Push(QueuedNotification queued);

  // Takes up to `count` states from the front.
  std::vector<QueuedNotification> Take(size_t count);

  // Puts a batch that could not be delivered back to the front, in its order. What a newer state
  // has made needless meanwhile is dropped.
  void PutBack(std::vector<QueuedNotification> batch);

  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  // States that were dropped because a newer one of the same alert was there. Only grows.
  uint64_t superseded() const { return superseded_; }

 private:
  struct Entry {
    QueuedNotification queued;
    bool has_newer = false;  // of the same alert, behind this one
  };
  using Entries = std::list<Entry>;

  const std::string& KeyOf(const Entry& entry) const {
    return entry.queued.notification.labels.bytes();
  }
  void DropOldStates();

  const size_t capacity_;
  Entries entries_;
  base::StringMap<Entries::iterator> newest_;  // by the labels' bytes
  size_t outdated_ = 0;                        // entries with has_newer
  uint64_t superseded_ = 0;
};

}  // namespace tidemark::alert
