// FaultyFileSystem keeps files in memory and fails like a disk: full, torn, with errors, without
// power.
//
// What is written is visible at once and durable only after Sync(); a file's name only after
// SyncDir(). AfterPowerLoss() gives the files as a machine may find them when power returns: of
// what was not synced any part may be there, in units of a sector, and of the unsynced creations
// and deletions any number from the first on. Like Linux it forgets what a failed Sync() covered:
// some of that is on the disk, and a later success does not bring the rest there. Thread-safe;
// handles must not outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/mutex.h"

namespace tidemark::testing {

class FaultyFileSystem final : public base::FileSystem {
 public:
  static constexpr size_t kSectorBytes = 512;

  FaultyFileSystem() = default;

  // base::FileSystem.
  absl::StatusOr<std::unique_ptr<base::WritableFile>> Create(const std::string& path) override;
  absl::StatusOr<std::unique_ptr<base::WritableFile>> OpenForWrite(
      const std::string& path) override;
  absl::StatusOr<std::unique_ptr<base::ReadableFile>> OpenForRead(const std::string& path) override;
  absl::Status CreateDir(const std::string& path) override;
  absl::StatusOr<std::vector<std::string>> List(const std::string& dir) override;
  absl::Status SyncDir(const std::string& dir) override;
  absl::Status Delete(const std::string& path) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;

  // Room for `bytes` in all files together, reservations included; nothing for no limit. A write
  // that does not fit is done in part and fails with ResourceExhausted.
  void SetCapacity(std::optional<uint64_t> bytes);
  // The next `count` calls fail with DataLoss; a write after half of its bytes.
  void FailSyncs(int count);
  void FailWrites(int count);
  void FailDirSyncs(int count);
  // Reads of any byte in the range fail with DataLoss.
  void FailReads(const std::string& path, uint64_t offset, uint64_t length);

  // Calls `hook` at the begin of every Sync() of a file, on the caller's thread: the moment at
  // which most is at stake. Set it before other threads use the file system.
  void SetBeforeSync(std::function<void()> hook) { before_sync_ = std::move(hook); }

  // Calls so far that succeeded.
  int syncs() const;
  int writes() const;

  // The content of a file, which must exist. SetContent() makes it, durably.
  std::string Content(const std::string& path) const;
  void SetContent(const std::string& path, std::string content);
  // Inverts the bits of `mask` in one byte.
  void Flip(const std::string& path, uint64_t offset, char mask = 1);

  // These files after a power loss decided by `seed`, or with nothing kept that was not synced, or
  // with everything kept, as after a killed process.
  std::unique_ptr<FaultyFileSystem> AfterPowerLoss(uint64_t seed) const;
  std::unique_ptr<FaultyFileSystem> AfterLosingAllUnsynced() const;
  std::unique_ptr<FaultyFileSystem> AfterKill() const;

 private:
  friend class FaultyWritableFile;
  friend class FaultyReadableFile;

  // Bytes written, or a size set.
  struct Change {
    uint64_t offset = 0;
    std::string bytes;
    bool truncates = false;
  };
  struct Node {
    std::string content;  // as processes see it
    std::string durable;
    std::vector<Change> unsynced;  // lead from durable to content, save what a failed sync lost
    uint64_t reserved = 0;
    std::vector<std::pair<uint64_t, uint64_t>> unreadable;  // offset, length
  };
  using NodePtr = std::shared_ptr<Node>;
  using Names = std::map<std::string, NodePtr>;
  // A name that came (node set) or went.
  struct NameChange {
    std::string path;
    NodePtr node;
  };

  static void Apply(const Change& change, std::string* content);
  static void ApplyTorn(const Change& change, std::mt19937_64* random, std::string* content);
  static void Apply(const NameChange& change, Names* names);

  absl::StatusOr<NodePtr> Find(const std::string& path) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ChangeName(NameChange change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  uint64_t UsedBytes() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // How many more bytes `node` may grow by when it is to reach `size`.
  uint64_t GrowthLimit(const Node& node, uint64_t size) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  absl::Status Write(Node* node, uint64_t offset, const std::string& bytes);
  absl::Status Reserve(Node* node, uint64_t bytes);
  absl::Status Truncate(Node* node, uint64_t size);
  absl::Status Sync(Node* node);
  absl::StatusOr<size_t> Read(const Node& node, uint64_t offset, std::span<char> out) const;
  uint64_t SizeOf(const Node& node) const;

  std::function<void()> before_sync_;
  mutable base::Mutex mu_;
  Names names_ ABSL_GUARDED_BY(mu_);
  Names durable_names_ ABSL_GUARDED_BY(mu_);
  std::vector<NameChange> unsynced_names_ ABSL_GUARDED_BY(mu_);
  std::optional<uint64_t> capacity_ ABSL_GUARDED_BY(mu_);
  int failing_syncs_ ABSL_GUARDED_BY(mu_) = 0;
  int failing_writes_ ABSL_GUARDED_BY(mu_) = 0;
  int failing_dir_syncs_ ABSL_GUARDED_BY(mu_) = 0;
  int syncs_ ABSL_GUARDED_BY(mu_) = 0;
  int writes_ ABSL_GUARDED_BY(mu_) = 0;
  std::mt19937_64 random_ ABSL_GUARDED_BY(mu_){1};  // what of a failed sync reached the disk
};

}  // namespace tidemark::testing
