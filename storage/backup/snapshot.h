// TakeSnapshot makes a copy of a running store that a server can be started on.
//
// The copy is the folder <data>/snapshots/<name>, with a store of hard links and copies of the
// journal's segments. It has everything that was acknowledged before the call, and appears whole:
// until it is, its name ends in ".partial".
//
// Why nothing is missing: the journal is cut first, so everything submitted before the call is in a
// closed segment, unless a sweep has put it into the store before. No sweep may run meanwhile: none
// can take a segment away, and what the store holds relies on definitions in the closed segments at
// most.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "storage/journal/journal.h"
#include "storage/rocksdb/rocks_store.h"

namespace tidemark::storage {

struct SnapshotSource {
  base::FileSystem* fs;
  const base::Clock* clock;
  std::string data;  // the data folder
  Journal* journal;
  RocksStore* store;
};

// Returns the name. REQUIRES: no sweep and no other snapshot runs until it returns.
absl::StatusOr<std::string> TakeSnapshot(const SnapshotSource& source);

// A name for a snapshot or a backup: the time and a random number, "20261122T064500Z-…".
std::string NewSnapshotName(int64_t now_ms);

// Where the snapshot `name` of the data folder `data` lies.
std::string SnapshotPath(std::string_view data, std::string_view name);

}  // namespace tidemark::storage
