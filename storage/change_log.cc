#include "storage/change_log.h"

#include <algorithm>

namespace tidemark::storage {
namespace {

constexpr int64_t kGrainMs = 1000;

model::Timestamp RoundDown(model::Timestamp t) {
  const int64_t past = (t % kGrainMs + kGrainMs) % kGrainMs;
  return t < model::kMinTimestamp + kGrainMs ? model::kMinTimestamp : t - past;
}

}  // namespace

ChangeLog::Mark ChangeLog::Now() const {
  base::MutexLock lock(&mu_);
  return last_;
}

void ChangeLog::Note(model::Timestamp oldest) {
  oldest = RoundDown(oldest);
  base::MutexLock lock(&mu_);
  ++last_;
  while (!entries_.empty() && entries_.back().oldest >= oldest) {
    entries_.pop_back();
  }
  entries_.push_back({last_, oldest});
  if (entries_.size() > kMostEntries) {
    Thin();
  }
}

// Of each two neighbours the later number stays, with the older time.
void ChangeLog::Thin() {
  size_t kept = 0;
  for (size_t i = 0; i + 1 < entries_.size(); i += 2) {
    entries_[kept++] = {entries_[i + 1].number, entries_[i].oldest};
  }
  if (entries_.size() % 2 != 0) {
    entries_[kept++] = entries_.back();
  }
  entries_.resize(kept);
}

model::Timestamp ChangeLog::OldestSince(Mark mark) const {
  base::MutexLock lock(&mu_);
  const auto first = std::upper_bound(entries_.begin(), entries_.end(), mark,
                                      [](Mark m, const Entry& e) { return m < e.number; });
  return first == entries_.end() ? model::kMaxTimestamp : first->oldest;
}

}  // namespace tidemark::storage
