// EntryPool keeps entries that were committed, so that a steady stream of requests allocates none.
//
// Bounded in entries and in the memory of each: what a burst or an exceptional request took is
// given back. Thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "storage/journal/journal.h"

namespace tidemark::storage {

class EntryPool {
 public:
  // An entry without payload and callback, a used one if there is any.
  std::unique_ptr<JournalEntry> Take() ABSL_LOCKS_EXCLUDED(mu_) {
    base::MutexLock lock(&mu_);
    if (entries_.empty()) {
      return std::make_unique<JournalEntry>();
    }
    std::unique_ptr<JournalEntry> entry = std::move(entries_.back());
    entries_.pop_back();
    return entry;
  }

  // Keeps some of `done`, frees the others, and leaves it empty. REQUIRES: no entry has a callback.
  void Give(std::vector<std::unique_ptr<JournalEntry>>* done) ABSL_LOCKS_EXCLUDED(mu_) {
    {
      base::MutexLock lock(&mu_);
      for (std::unique_ptr<JournalEntry>& entry : *done) {
        if (entries_.size() == kMaxEntries) {
          break;
        }
        if (entry->payload.capacity() <= kMaxPayloadCapacity) {
          entry->payload.clear();
          entries_.push_back(std::move(entry));
        }
      }
    }
    done->clear();
  }

 private:
  static constexpr size_t kMaxEntries = 256;
  static constexpr size_t kMaxPayloadCapacity = 64u << 10;

  base::Mutex mu_;
  std::vector<std::unique_ptr<JournalEntry>> entries_ ABSL_GUARDED_BY(mu_);
};

}  // namespace tidemark::storage
