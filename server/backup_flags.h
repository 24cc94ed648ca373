// What `tidemark backup` was told to do.
#pragma once

#include <cstdint>
#include <string>

namespace tidemark::server {

struct BackupFlags {
  enum class Action { kCreate, kList, kVerify, kRestore };

  Action action = Action::kList;
  std::string folder;                 // of the backups
  std::string storage_path = "data";  // the data folder to back up, or to make
  std::string url;                    // of the server that runs on it; empty: none runs
  uint32_t id = 0;                    // of the backup; 0: the newest
};

}  // namespace tidemark::server
