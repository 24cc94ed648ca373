#include "fleet/task/task_facts.h"

#include <algorithm>

namespace tidemark::fleet {
namespace {

// A storage checkpoint that has not been told for so long while the advancer's was is of a version
// that no longer tells it.
constexpr int64_t kStorageSilentMs = 10LL * 60 * 1000;

}  // namespace

OptionalTime TaskFacts::RecoveryPoint() const {
  const OptionalTime known = std::max(checkpoint.at, pd_checkpoint.at);
  const bool storage_counts = storage_checkpoint.at.has_value() &&
                              checkpoint.told_at - storage_checkpoint.told_at < kStorageSilentMs;
  return known.has_value() && storage_counts ? std::min(known, storage_checkpoint.at) : known;
}

}  // namespace tidemark::fleet
