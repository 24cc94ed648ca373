// `tidemark backup create | list | verify | restore`.
#pragma once

#include <cstdio>

#include "absl/status/status.h"
#include "server/backup_flags.h"

namespace tidemark::server {

// Does what the flags say. Results go to `out`, and once a second how far it has come to
// `progress`. An error names what an operator can do about it.
absl::Status RunBackup(const BackupFlags& flags, std::FILE* out, std::FILE* progress);

}  // namespace tidemark::server
