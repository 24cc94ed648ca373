// RocksBackups keeps backups of closed stores in a folder of its own. Table files that several
// backups hold are kept once, so a backup costs what is new since the one before.
//
// A backup is there whole or not at all, and its checksums tell whether it still is what was
// written. Thread-compatible; at most one process may open a folder for writing.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tidemark::storage {

// The format version of the stores that this program writes and reads.
uint32_t StoreFormatVersion();

struct StoreBackup {
  uint32_t id = 0;         // from 1 on; a later backup has a higher one
  int64_t created_ms = 0;  // Unix time
  uint64_t bytes = 0;      // of all its files, shared ones included
  std::string note;        // as given to Create
};

class RocksBackups {
 public:
  enum class Access { kRead, kWrite };

  // For writing the folder is made if it is not there. For reading nothing in it is changed.
  static absl::StatusOr<std::unique_ptr<RocksBackups>> Open(const std::string& dir, Access access);
  ~RocksBackups();
  RocksBackups(const RocksBackups&) = delete;
  RocksBackups& operator=(const RocksBackups&) = delete;

  // Backs up the store in the folder `store`, which nobody may have open, and keeps `note` with
  // it. `copied` hears now and then how many bytes were copied. Returns the backup's id.
  // REQUIRES: Access::kWrite.
  absl::StatusOr<uint32_t> Create(const std::string& store, const std::string& note,
                                  std::function<void(uint64_t bytes)> copied);

  // All backups that are whole, oldest first.
  std::vector<StoreBackup> List() const;

  // Reads every file of the backup and compares its checksum. DataLoss when one differs.
  absl::Status Verify(uint32_t id) const;

  // Makes the store of the backup in the folder `store`, which must be empty or not there.
  absl::Status Restore(uint32_t id, const std::string& store) const;

 private:
  struct Impl;
  explicit RocksBackups(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark::storage
