#include "tools/fleetsim/recording.h"

#include <fcntl.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/mman.h>
#include <sys/stat.h>

#include "base/status_macros.h"
#include "fmt/format.h"

namespace tidemark::fleetsim {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "TMFLEET1";
constexpr size_t kFileHeaderBytes = kMagic.size() + sizeof(uint32_t);

struct RequestHeader {
  uint32_t shard;
  uint32_t samples;
  uint32_t length;
};
static_assert(sizeof(RequestHeader) == 12);

template <typename T>
std::string_view BytesOf(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

absl::Status FailedOn(std::string_view what, const std::string& path) {
  return absl::UnavailableError(fmt::format("{} {}: {}", what, path, std::strerror(errno)));
}

// Takes a T off the front of `bytes`; false if they are too few.
template <typename T>
bool Take(std::string_view* bytes, T* value) {
  if (bytes->size() < sizeof *value) {
    return false;
  }
  std::memcpy(value, bytes->data(), sizeof *value);
  bytes->remove_prefix(sizeof *value);
  return true;
}

}  // namespace

absl::StatusOr<RecordingWriter> RecordingWriter::Create(const std::string& path, uint32_t shards) {
  std::FILE* file = std::fopen(path.c_str(), "wbe");
  if (file == nullptr) {
    return FailedOn("create", path);
  }
  RecordingWriter writer(path, file);
  RETURN_IF_ERROR(writer.Write(kMagic));
  RETURN_IF_ERROR(writer.Write(BytesOf(shards)));
  return writer;
}

absl::Status RecordingWriter::Append(uint32_t shard, size_t samples, std::string_view body) {
  const RequestHeader header{shard, static_cast<uint32_t>(samples),
                             static_cast<uint32_t>(body.size())};
  RETURN_IF_ERROR(Write(BytesOf(header)));
  return Write(body);
}

absl::Status RecordingWriter::Write(std::string_view bytes) {
  return std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) == bytes.size()
             ? absl::OkStatus()
             : FailedOn("write", path_);
}

absl::Status RecordingWriter::Close() {
  return std::fclose(file_.release()) == 0 ? absl::OkStatus() : FailedOn("close", path_);
}

absl::StatusOr<Recording> Recording::Open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return FailedOn("open", path);
  }
  struct stat stat = {};
  ::fstat(fd, &stat);
  const auto size = static_cast<size_t>(stat.st_size);
  void* map =
      size == 0 ? MAP_FAILED : ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
  ::close(fd);
  if (map == MAP_FAILED) {
    return absl::InvalidArgumentError(fmt::format("map {}: empty or unreadable", path));
  }
  Recording recording(map, size);
  if (const absl::Status indexed = recording.Index(); !indexed.ok()) {
    return base::Annotate(indexed, fmt::format("read recording {}", path));
  }
  return recording;
}

Recording::~Recording() {
  if (map_ != nullptr) {
    ::munmap(map_, size_);
  }
}

Recording::Recording(Recording&& other) noexcept
    : map_(std::exchange(other.map_, nullptr)),
      size_(other.size_),
      shards_(other.shards_),
      requests_(std::move(other.requests_)) {}

absl::Status Recording::Index() {
  std::string_view rest(static_cast<const char*>(map_), size_);
  if (rest.size() < kFileHeaderBytes || rest.substr(0, kMagic.size()) != kMagic) {
    return absl::DataLossError("not a recording of fleetsim");
  }
  rest.remove_prefix(kMagic.size());
  Take(&rest, &shards_);
  while (!rest.empty()) {
    RequestHeader header{};
    if (!Take(&rest, &header) || rest.size() < header.length || header.shard >= shards_) {
      return absl::DataLossError(fmt::format("damaged behind request {}", requests_.size()));
    }
    requests_.push_back({header.shard, header.samples, rest.substr(0, header.length)});
    rest.remove_prefix(header.length);
  }
  return absl::OkStatus();
}

}  // namespace tidemark::fleetsim
