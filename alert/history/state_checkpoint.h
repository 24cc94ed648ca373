// StateCheckpoint is the file with the last record of every alert, and the place in the alert log
// behind which newer ones are. A plain value.
//
// The file is replaced as a whole or not at all. Layout: docs/format/alert-log.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "alert/history/alert_record.h"
#include "base/file_system.h"
#include "storage/journal/segment_format.h"

namespace tidemark::alert {

struct StateCheckpoint {
  // Everything in this segment of the log and in those before it is part of the states.
  storage::SegmentId through = 0;
  std::vector<AlertRecord> states;
};

std::string EncodeCheckpoint(const StateCheckpoint& checkpoint);
// DataLoss for what is no checkpoint, FailedPrecondition for one of another version.
absl::StatusOr<StateCheckpoint> DecodeCheckpoint(std::string_view bytes);

// Durable when this returns OK.
absl::Status WriteCheckpoint(base::FileSystem* fs, const std::string& dir,
                             const StateCheckpoint& checkpoint);
// An empty one when there is no file yet.
absl::StatusOr<StateCheckpoint> ReadCheckpoint(base::FileSystem* fs, const std::string& dir);

}  // namespace tidemark::alert
