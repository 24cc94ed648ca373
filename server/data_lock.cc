#include "server/data_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <sys/file.h>

#include "absl/cleanup/cleanup.h"
#include "fmt/format.h"

namespace tidemark::server {
namespace {

absl::Status SystemError(std::string_view what, const std::string& path) {
  return absl::UnavailableError(fmt::format("{} {}: {}", what, path, std::strerror(errno)));
}

// What the holder wrote into the file: its process id.
std::string HolderOf(int fd) {
  char text[32] = {};
  const ssize_t n = ::pread(fd, text, sizeof(text) - 1, 0);
  const std::string_view pid(text, n < 0 ? 0 : static_cast<size_t>(n));
  return std::string(pid.substr(0, pid.find('\n')));
}

}  // namespace

absl::StatusOr<std::unique_ptr<DataLock>> DataLock::Acquire(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return absl::UnavailableError(fmt::format("make folder {}: {}", folder, error.message()));
  }
  const std::string path = folder + "/tidemark.lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) {
    return SystemError("open", path);
  }
  absl::Cleanup close = [fd] { ::close(fd); };
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return SystemError("lock", path);
    }
    return absl::FailedPreconditionError(
        fmt::format("data folder {} is in use by process {}", folder, HolderOf(fd)));
  }
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(fd, 0) != 0 ||
      ::pwrite(fd, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return SystemError("write", path);
  }
  std::move(close).Cancel();
  return std::unique_ptr<DataLock>(new DataLock(fd));
}

DataLock::~DataLock() { ::close(fd_); }

}  // namespace tidemark::server
