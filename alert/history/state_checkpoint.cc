#include "alert/history/state_checkpoint.h"

#include <array>
#include <cstring>

#include "base/crc32c.h"
#include "base/status_macros.h"

namespace tidemark::alert {
namespace {

constexpr std::string_view kMagic = "TIDEALRT";
constexpr uint32_t kVersion = 1;
constexpr size_t kHeaderBytes = 24;
constexpr std::string_view kFileName = "states";
constexpr std::string_view kNewFileName = "states.new";

template <typename Number>
void AppendNumber(Number number, std::string* bytes) {
  char raw[sizeof(number)];
  std::memcpy(raw, &number, sizeof(number));
  bytes->append(raw, sizeof(raw));
}

template <typename Number>
Number NumberAt(std::string_view bytes, size_t offset) {
  Number number = 0;
  std::memcpy(&number, bytes.data() + offset, sizeof(number));
  return number;
}

std::string PathOf(const std::string& dir, std::string_view name) {
  return fmt::format("{}/{}", dir, name);
}

}  // namespace

std::string EncodeCheckpoint(const StateCheckpoint& checkpoint) {
  std::string body;
  AppendNumber<uint64_t>(checkpoint.through, &body);
  for (const AlertRecord& record : checkpoint.states) {
    AppendRecord(record, &body);
  }
  std::string bytes(kMagic);
  AppendNumber(kVersion, &bytes);
  AppendNumber(base::Crc32c(body), &bytes);
  return bytes + body;
}

absl::StatusOr<StateCheckpoint> DecodeCheckpoint(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes || !bytes.starts_with(kMagic)) {
    return absl::DataLossError("not a file of alert states");
  }
  if (const auto version = NumberAt<uint32_t>(bytes, 8); version != kVersion) {
    return absl::FailedPreconditionError(fmt::format(
        "alert states have format version {}, this program reads version {}", version, kVersion));
  }
  const std::string_view body = bytes.substr(16);
  if (base::Crc32c(body) != NumberAt<uint32_t>(bytes, 12)) {
    return absl::DataLossError("checksum of the alert states differs");
  }
  StateCheckpoint checkpoint;
  checkpoint.through = NumberAt<uint64_t>(bytes, 16);
  RETURN_IF_ERROR(DecodeRecords(bytes.substr(kHeaderBytes), &checkpoint.states));
  return checkpoint;
}

absl::Status WriteCheckpoint(base::FileSystem* fs, const std::string& dir,
                             const StateCheckpoint& checkpoint) {
  const std::string path = PathOf(dir, kNewFileName);
  const std::string bytes = EncodeCheckpoint(checkpoint);
  ASSIGN_OR_RETURN(const auto file, fs->Create(path));
  RETURN_IF_ERROR(file->WriteAt(0, std::array{std::string_view(bytes)}));
  RETURN_IF_ERROR(file->Sync());
  RETURN_IF_ERROR(fs->Rename(path, PathOf(dir, kFileName)));
  return fs->SyncDir(dir);
}

absl::StatusOr<StateCheckpoint> ReadCheckpoint(base::FileSystem* fs, const std::string& dir) {
  const std::string path = PathOf(dir, kFileName);
  const auto bytes = base::ReadWholeFile(fs, path);
  if (absl::IsNotFound(bytes.status())) {
    return StateCheckpoint();
  }
  RETURN_IF_ERROR(bytes.status());
  auto checkpoint = DecodeCheckpoint(*bytes);
  return checkpoint.ok()
             ? std::move(checkpoint)
             : absl::StatusOr<StateCheckpoint>(base::Annotate(checkpoint.status(), path));
}

}  // namespace tidemark::alert
