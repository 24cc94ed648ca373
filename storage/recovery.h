// Recover fills an empty head with what a store and a journal hold.
//
// Order: live series and their states from the store, metadata, then the journal's records. What
// has left memory stays where it is, but for its refs, which are not given again. A record
// whose effect is in the store already changes nothing. Reads only: a crash during recovery leaves
// everything as it was.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/metrics.h"
#include "storage/cold/cold_index.h"
#include "storage/head/head.h"
#include "storage/journal/journal_reader.h"
#include "storage/metadata_table.h"
#include "storage/new_series.h"
#include "storage/rocksdb/rocks_store.h"

namespace tidemark::storage {

struct RecoveryTarget {
  Head* head;
  NewSeries* new_series;  // gets the series that are only in the journal
  MetadataTable* metadata;
};

struct RecoveryDeps {
  base::FileSystem* fs;
  base::Logger* logger;  // told of damage, with segment and offset
  base::MetricsRegistry* metrics;
  const base::Clock* clock;
};

// Returns where the journal goes on. An error only when nothing can be brought back; damage to
// the journal is reported, counted and stepped over.
absl::StatusOr<JournalStart> Recover(const RocksStore& store, const ColdIndex& cold,
                                     const std::string& journal_dir, const RecoveryTarget& target,
                                     const RecoveryDeps& deps);

}  // namespace tidemark::storage
