// The one place where RocksDB's statuses become ours.
//
//   corruption → DataLoss                      no space, memory limit → ResourceExhausted
//   I/O error, stall, busy, timeout, shutdown → Unavailable
//   not found → NotFound                       aborted → Aborted
//   anything else → Internal: never InvalidArgument, which would blame a sender
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace rocksdb {
class Status;
}

namespace tidemark::storage {

// `status` as ours, its text behind "context: ".
absl::Status FromRocks(const rocksdb::Status& status, std::string_view context);

}  // namespace tidemark::storage
