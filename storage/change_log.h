// ChangeLog tells whoever keeps results of queries which of them have become untrue: how far back
// in time the samples reach that were written or deleted since.
//
//   mark = log.Now();
//   … evaluate …
//   later: what was computed from samples before log.OldestSince(mark) still holds
//
// A change is noted when queries see it and before it is acknowledged. So a result that was
// computed without it carries a mark from before its note, and learns of it; a result served in
// between lacks only what nobody was promised. Times are noted in whole seconds, rounded down, and
// old notes are thinned out by giving several the oldest time of them: OldestSince may be too old,
// never too new.
//
// Thread-safe. A note costs a lock and a few instructions, once a request, not a sample.
#pragma once

#include <cstdint>
#include <vector>

#include "base/mutex.h"
#include "model/sample.h"

namespace tidemark::storage {

class ChangeLog {
 public:
  // A moment between two changes; later ones are greater.
  using Mark = uint64_t;

  // To be taken before reading what is kept.
  Mark Now() const ABSL_LOCKS_EXCLUDED(mu_);

  // Some samples at `oldest` or later have come, changed or gone.
  void Note(model::Timestamp oldest) ABSL_LOCKS_EXCLUDED(mu_);

  // The oldest time of a change noted behind `mark`; kMaxTimestamp when there was none.
  model::Timestamp OldestSince(Mark mark) const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  // The oldest change from this number on has that time.
  struct Entry {
    Mark number;
    model::Timestamp oldest;
  };
  static constexpr size_t kMostEntries = 4096;

  void Thin() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable base::Mutex mu_;
  Mark last_ ABSL_GUARDED_BY(mu_) = 0;
  // Numbers and times both ascend: a change makes all before it with later times needless.
  std::vector<Entry> entries_ ABSL_GUARDED_BY(mu_);
};

}  // namespace tidemark::storage
