#include "storage/backup/snapshot.h"

#include <ctime>
#include <filesystem>
#include <random>
#include <system_error>

#include "base/status_macros.h"
#include "fmt/chrono.h"
#include "storage/backup/file_copy.h"

namespace tidemark::storage {
namespace {

namespace filesystem = std::filesystem;

constexpr std::string_view kPartial = ".partial";

std::string SnapshotsDir(std::string_view data) { return fmt::format("{}/snapshots", data); }

absl::Status Fill(const SnapshotSource& source, const std::string& dir) {
  RETURN_IF_ERROR(source.fs->CreateDir(dir));
  ASSIGN_OR_RETURN(const SegmentId cut, source.journal->Cut());
  RETURN_IF_ERROR(source.store->Checkpoint(dir + "/rocksdb"));
  RETURN_IF_ERROR(CopyJournal(source.fs, source.data + "/journal", dir + "/journal", cut).status());
  return source.fs->SyncDir(dir);
}

// What a crash left of unfinished snapshots.
void RemovePartial(const std::string& snapshots) {
  std::error_code ignored;
  for (filesystem::directory_iterator it(snapshots, ignored), end; it != end;
       it.increment(ignored)) {
    if (it->path().string().ends_with(kPartial)) {
      filesystem::remove_all(it->path(), ignored);
    }
  }
}

}  // namespace

std::string NewSnapshotName(int64_t now_ms) {
  std::random_device random;
  const auto seconds = static_cast<std::time_t>(now_ms / 1000);
  return fmt::format("{:%Y%m%dT%H%M%SZ}-{:08x}{:08x}", fmt::gmtime(seconds), random(), random());
}

std::string SnapshotPath(std::string_view data, std::string_view name) {
  return fmt::format("{}/{}", SnapshotsDir(data), name);
}

absl::StatusOr<std::string> TakeSnapshot(const SnapshotSource& source) {
  const std::string snapshots = SnapshotsDir(source.data);
  RemovePartial(snapshots);
  const std::string name = NewSnapshotName(source.clock->NowMs());
  const std::string path = SnapshotPath(source.data, name);
  const std::string partial = fmt::format("{}{}", path, kPartial);
  absl::Status taken = Fill(source, partial);
  if (taken.ok()) {
    taken = source.fs->Rename(partial, path);
  }
  if (!taken.ok()) {
    std::error_code ignored;
    filesystem::remove_all(partial, ignored);
    return base::Annotate(taken, fmt::format("take snapshot {}", name));
  }
  RETURN_IF_ERROR(source.fs->SyncDir(snapshots));
  return name;
}

}  // namespace tidemark::storage
