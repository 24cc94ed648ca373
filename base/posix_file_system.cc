// The FileSystem of the operating system: each call is one or a few system calls, repeated when a
// signal interrupts them or when they do less than asked.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include <sys/stat.h>
#include <sys/uio.h>

#include "base/file_system.h"
#include "base/status_macros.h"

namespace tidemark::base {
namespace {

// What one pwritev takes.
constexpr size_t kMaxVectors = 1024;

absl::StatusCode CodeOf(int error) {
  switch (error) {
    case ENOENT:
      return absl::StatusCode::kNotFound;
    case EEXIST:
      return absl::StatusCode::kAlreadyExists;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
      return absl::StatusCode::kResourceExhausted;
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::StatusCode::kPermissionDenied;
    case EIO:
      return absl::StatusCode::kDataLoss;
    default:
      return absl::StatusCode::kInternal;
  }
}

absl::Status Failure(int error, std::string_view what, const std::string& path) {
  return absl::Status(CodeOf(error),
                      fmt::format("{} {}: {}", what, path, std::generic_category().message(error)));
}

// The result of `call`, which is a system call, repeated while signals interrupt it.
template <typename Call>
auto Uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) {
    result = call();
  }
  return result;
}

// An open file descriptor and the path it came from.
class Descriptor {
 public:
  Descriptor(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int fd() const { return fd_; }

  // OK when `result` is that of a system call that succeeded.
  absl::Status Check(int64_t result, std::string_view what) const {
    return result >= 0 ? absl::OkStatus() : Failure(errno, what, path_);
  }

 private:
  const int fd_;
  const std::string path_;
};

absl::StatusOr<std::unique_ptr<Descriptor>> OpenDescriptor(const std::string& path, int flags,
                                                           std::string_view what) {
  const int fd = Uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0644); });
  if (fd < 0) {
    return Failure(errno, what, path);
  }
  return std::make_unique<Descriptor>(fd, path);
}

// Takes `written` bytes off the front of `vectors`.
std::span<iovec> Advance(std::span<iovec> vectors, size_t written) {
  while (!vectors.empty() && written >= vectors.front().iov_len) {
    written -= vectors.front().iov_len;
    vectors = vectors.subspan(1);
  }
  if (!vectors.empty()) {
    vectors.front().iov_base = static_cast<char*>(vectors.front().iov_base) + written;
    vectors.front().iov_len -= written;
  }
  return vectors;
}

class PosixWritableFile final : public WritableFile {
 public:
  explicit PosixWritableFile(std::unique_ptr<Descriptor> file) : file_(std::move(file)) {}

  absl::Status WriteAt(uint64_t offset, std::span<const std::string_view> parts) override {
    std::array<iovec, kMaxVectors> vectors;
    while (!parts.empty()) {
      const size_t count = std::min(parts.size(), vectors.size());
      for (size_t i = 0; i < count; ++i) {
        vectors[i] = {const_cast<char*>(parts[i].data()), parts[i].size()};
      }
      RETURN_IF_ERROR(WriteVectors({vectors.data(), count}, &offset));
      parts = parts.subspan(count);
    }
    return absl::OkStatus();
  }

  absl::Status Preallocate(uint64_t bytes) override {
    const int result = Uninterrupted([&] {
      return ::fallocate(file_->fd(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes));
    });
    if (result < 0 && (errno == EOPNOTSUPP || errno == ENOSYS)) {
      return absl::OkStatus();
    }
    return file_->Check(result, "reserve space for");
  }

  absl::Status Truncate(uint64_t size) override {
    return file_->Check(
        Uninterrupted([&] { return ::ftruncate(file_->fd(), static_cast<off_t>(size)); }),
        "truncate");
  }

  absl::Status Sync() override { return file_->Check(::fdatasync(file_->fd()), "sync"); }

 private:
  absl::Status WriteVectors(std::span<iovec> vectors, uint64_t* offset) {
    vectors = Advance(vectors, 0);
    while (!vectors.empty()) {
      const ssize_t written = Uninterrupted([&] {
        return ::pwritev(file_->fd(), vectors.data(), static_cast<int>(vectors.size()),
                         static_cast<off_t>(*offset));
      });
      RETURN_IF_ERROR(file_->Check(written, "write"));
      *offset += static_cast<uint64_t>(written);
      vectors = Advance(vectors, static_cast<size_t>(written));
    }
    return absl::OkStatus();
  }

  const std::unique_ptr<Descriptor> file_;
};

class PosixReadableFile final : public ReadableFile {
 public:
  explicit PosixReadableFile(std::unique_ptr<Descriptor> file) : file_(std::move(file)) {}

  absl::StatusOr<uint64_t> Size() override {
    struct stat info {};
    RETURN_IF_ERROR(file_->Check(::fstat(file_->fd(), &info), "look at"));
    return static_cast<uint64_t>(info.st_size);
  }

  absl::StatusOr<size_t> ReadAt(uint64_t offset, std::span<char> out) override {
    size_t filled = 0;
    while (filled < out.size()) {
      const ssize_t got = Uninterrupted([&] {
        return ::pread(file_->fd(), out.data() + filled, out.size() - filled,
                       static_cast<off_t>(offset + filled));
      });
      RETURN_IF_ERROR(file_->Check(got, "read"));
      if (got == 0) {
        break;
      }
      filled += static_cast<size_t>(got);
    }
    return filled;
  }

 private:
  const std::unique_ptr<Descriptor> file_;
};

class PosixFileSystem final : public FileSystem {
 public:
  absl::StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) override {
    ASSIGN_OR_RETURN(auto file, OpenDescriptor(path, O_RDWR | O_CREAT | O_TRUNC, "create"));
    return std::make_unique<PosixWritableFile>(std::move(file));
  }

  absl::StatusOr<std::unique_ptr<WritableFile>> OpenForWrite(const std::string& path) override {
    ASSIGN_OR_RETURN(auto file, OpenDescriptor(path, O_RDWR, "open"));
    return std::make_unique<PosixWritableFile>(std::move(file));
  }

  absl::StatusOr<std::unique_ptr<ReadableFile>> OpenForRead(const std::string& path) override {
    ASSIGN_OR_RETURN(auto file, OpenDescriptor(path, O_RDONLY, "open"));
    return std::make_unique<PosixReadableFile>(std::move(file));
  }

  absl::Status CreateDir(const std::string& path) override {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    return error ? Failure(error.value(), "make folder", path) : absl::OkStatus();
  }

  absl::StatusOr<std::vector<std::string>> List(const std::string& dir) override {
    std::error_code error;
    std::vector<std::string> names;
    for (std::filesystem::directory_iterator it(dir, error), end; !error && it != end;
         it.increment(error)) {
      names.push_back(it->path().filename().string());
    }
    if (error) {
      return Failure(error.value(), "list", dir);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  absl::Status SyncDir(const std::string& dir) override {
    ASSIGN_OR_RETURN(const auto folder, OpenDescriptor(dir, O_RDONLY | O_DIRECTORY, "open"));
    return folder->Check(::fsync(folder->fd()), "sync");
  }

  absl::Status Delete(const std::string& path) override {
    return ::unlink(path.c_str()) == 0 ? absl::OkStatus() : Failure(errno, "delete", path);
  }

  absl::Status Rename(const std::string& from, const std::string& to) override {
    return ::rename(from.c_str(), to.c_str()) == 0 ? absl::OkStatus()
                                                   : Failure(errno, "rename", from);
  }
};

}  // namespace

std::unique_ptr<FileSystem> NewPosixFileSystem() { return std::make_unique<PosixFileSystem>(); }

absl::StatusOr<std::string> ReadWholeFile(FileSystem* fs, const std::string& path) {
  ASSIGN_OR_RETURN(const auto file, fs->OpenForRead(path));
  ASSIGN_OR_RETURN(const uint64_t size, file->Size());
  std::string content(size, '\0');
  ASSIGN_OR_RETURN(const size_t got, file->ReadAt(0, content));
  content.resize(got);
  return content;
}

}  // namespace tidemark::base
