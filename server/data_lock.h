// DataLock keeps two servers from using one data folder.
//
// The lock is the operating system's, on the file `tidemark.lock` in the folder, and ends with the
// process, however it ends. The file holds the process id of its last holder.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace tidemark::server {

class DataLock {
 public:
  // Makes the folder if it is not there. FailedPrecondition, naming the holder, if it is in use.
  static absl::StatusOr<std::unique_ptr<DataLock>> Acquire(const std::string& folder);
  ~DataLock();
  DataLock(const DataLock&) = delete;
  DataLock& operator=(const DataLock&) = delete;

 private:
  explicit DataLock(int fd) : fd_(fd) {}

  const int fd_;
};

}  // namespace tidemark::server
