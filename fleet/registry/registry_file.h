// The file in which the fleet outlives a restart of the server: every cluster that has been seen,
// with its tasks, and those that were forgotten of late. Format: docs/format/fleet.md.
//
// It is written whole and atomically: to a temporary file that is synced and then renamed. What is
// lost with a crash is what was learnt since the last save, and most of that comes back from the
// samples in the store. Pure but for the two functions that take a file system.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "fleet/fleet.h"

namespace tidemark::fleet {

inline constexpr std::string_view kRegistryFileName = "fleet.json";

std::string EncodeRegistry(const Fleet::Saved& fleet);

// DataLoss for what is not the format, with the place where it is not.
absl::StatusOr<Fleet::Saved> DecodeRegistry(std::string_view text);

// Replaces the file in the folder `dir`.
absl::Status SaveRegistry(base::FileSystem* fs, const std::string& dir, const Fleet::Saved& fleet);
// No clusters if there is no file.
absl::StatusOr<Fleet::Saved> LoadRegistry(base::FileSystem* fs, const std::string& dir);

}  // namespace tidemark::fleet
