#include "tests/testing/faulty_file_system.h"

#include <algorithm>
#include <filesystem>

#include "base/check.h"
#include "base/status_macros.h"

namespace tidemark::testing {
namespace {

std::string ParentOf(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

absl::Status DiskError(std::string_view call) {
  return absl::DataLossError(fmt::format("{}: injected input/output error", call));
}

absl::Status NoSpace(std::string_view call) {
  return absl::ResourceExhaustedError(fmt::format("{}: injected lack of space", call));
}

// True as long as there are failures left to inject.
bool TakeFailure(int* failures) { return *failures > 0 && (*failures)-- > 0; }

void WriteInto(uint64_t offset, std::string_view bytes, std::string* content) {
  if (content->size() < offset + bytes.size()) {
    content->resize(offset + bytes.size());
  }
  std::copy(bytes.begin(), bytes.end(), content->begin() + static_cast<ptrdiff_t>(offset));
}

}  // namespace

class FaultyWritableFile final : public base::WritableFile {
 public:
  FaultyWritableFile(FaultyFileSystem* fs, FaultyFileSystem::NodePtr node)
      : fs_(fs), node_(std::move(node)) {}

  absl::Status WriteAt(uint64_t offset, std::span<const std::string_view> parts) override {
    std::string bytes;
    for (const std::string_view part : parts) {
      bytes.append(part);
    }
    return fs_->Write(node_.get(), offset, bytes);
  }
  absl::Status Preallocate(uint64_t bytes) override { return fs_->Reserve(node_.get(), bytes); }
  absl::Status Truncate(uint64_t size) override { return fs_->Truncate(node_.get(), size); }
  absl::Status Sync() override { return fs_->Sync(node_.get()); }

 private:
  FaultyFileSystem* const fs_;
  const FaultyFileSystem::NodePtr node_;
};

class FaultyReadableFile final : public base::ReadableFile {
 public:
  FaultyReadableFile(const FaultyFileSystem* fs, FaultyFileSystem::NodePtr node)
      : fs_(fs), node_(std::move(node)) {}

  absl::StatusOr<uint64_t> Size() override { return fs_->SizeOf(*node_); }
  absl::StatusOr<size_t> ReadAt(uint64_t offset, std::span<char> out) override {
    return fs_->Read(*node_, offset, out);
  }

 private:
  const FaultyFileSystem* const fs_;
  const FaultyFileSystem::NodePtr node_;
};

absl::StatusOr<std::unique_ptr<base::WritableFile>> FaultyFileSystem::Create(
    const std::string& path) {
  base::MutexLock lock(&mu_);
  auto node = std::make_shared<Node>();
  ChangeName({path, node});
  return std::make_unique<FaultyWritableFile>(this, std::move(node));
}

absl::StatusOr<std::unique_ptr<base::WritableFile>> FaultyFileSystem::OpenForWrite(
    const std::string& path) {
  base::MutexLock lock(&mu_);
  ASSIGN_OR_RETURN(NodePtr node, Find(path));
  return std::make_unique<FaultyWritableFile>(this, std::move(node));
}

absl::StatusOr<std::unique_ptr<base::ReadableFile>> FaultyFileSystem::OpenForRead(
    const std::string& path) {
  base::MutexLock lock(&mu_);
  ASSIGN_OR_RETURN(NodePtr node, Find(path));
  return std::make_unique<FaultyReadableFile>(this, std::move(node));
}

// Folders are there when something is in them.
absl::Status FaultyFileSystem::CreateDir(const std::string& /*path*/) { return absl::OkStatus(); }

absl::StatusOr<std::vector<std::string>> FaultyFileSystem::List(const std::string& dir) {
  base::MutexLock lock(&mu_);
  std::vector<std::string> found;
  for (const auto& [path, node] : names_) {
    if (ParentOf(path) == dir) {
      found.push_back(path.substr(dir.size() + 1));
    }
  }
  return found;
}

absl::Status FaultyFileSystem::SyncDir(const std::string& dir) {
  base::MutexLock lock(&mu_);
  if (TakeFailure(&failing_dir_syncs_)) {
    return DiskError("sync folder");
  }
  std::vector<NameChange> others;
  for (NameChange& change : unsynced_names_) {
    if (ParentOf(change.path) == dir) {
      Apply(change, &durable_names_);
    } else {
      others.push_back(std::move(change));
    }
  }
  unsynced_names_ = std::move(others);
  return absl::OkStatus();
}

absl::Status FaultyFileSystem::Delete(const std::string& path) {
  base::MutexLock lock(&mu_);
  RETURN_IF_ERROR(Find(path).status());
  ChangeName({path, nullptr});
  return absl::OkStatus();
}

absl::Status FaultyFileSystem::Rename(const std::string& from, const std::string& to) {
  base::MutexLock lock(&mu_);
  ASSIGN_OR_RETURN(NodePtr node, Find(from));
  ChangeName({to, std::move(node)});
  ChangeName({from, nullptr});
  return absl::OkStatus();
}

void FaultyFileSystem::SetCapacity(std::optional<uint64_t> bytes) {
  base::MutexLock lock(&mu_);
  capacity_ = bytes;
}

void FaultyFileSystem::FailSyncs(int count) {
  base::MutexLock lock(&mu_);
  failing_syncs_ = count;
}

void FaultyFileSystem::FailWrites(int count) {
  base::MutexLock lock(&mu_);
  failing_writes_ = count;
}

void FaultyFileSystem::FailDirSyncs(int count) {
  base::MutexLock lock(&mu_);
  failing_dir_syncs_ = count;
}

void FaultyFileSystem::FailReads(const std::string& path, uint64_t offset, uint64_t length) {
  base::MutexLock lock(&mu_);
  names_.at(path)->unreadable.emplace_back(offset, length);
}

int FaultyFileSystem::syncs() const {
  base::MutexLock lock(&mu_);
  return syncs_;
}

int FaultyFileSystem::writes() const {
  base::MutexLock lock(&mu_);
  return writes_;
}

std::string FaultyFileSystem::Content(const std::string& path) const {
  base::MutexLock lock(&mu_);
  return names_.at(path)->content;
}

void FaultyFileSystem::SetContent(const std::string& path, std::string content) {
  base::MutexLock lock(&mu_);
  auto node = std::make_shared<Node>();
  node->content = content;
  node->durable = std::move(content);
  names_[path] = node;
  durable_names_[path] = node;
}

void FaultyFileSystem::Flip(const std::string& path, uint64_t offset, char mask) {
  base::MutexLock lock(&mu_);
  char& byte = names_.at(path)->content.at(offset);
  byte = static_cast<char>(byte ^ mask);
}

std::unique_ptr<FaultyFileSystem> FaultyFileSystem::AfterPowerLoss(uint64_t seed) const {
  base::MutexLock lock(&mu_);
  std::mt19937_64 random(seed);
  Names names = durable_names_;
  const size_t kept = random() % (unsynced_names_.size() + 1);
  for (size_t i = 0; i < kept; ++i) {
    Apply(unsynced_names_[i], &names);
  }
  auto after = std::make_unique<FaultyFileSystem>();
  for (const auto& [path, node] : names) {
    std::string content = node->durable;
    for (const Change& change : node->unsynced) {
      ApplyTorn(change, &random, &content);
    }
    after->SetContent(path, std::move(content));
  }
  return after;
}

std::unique_ptr<FaultyFileSystem> FaultyFileSystem::AfterLosingAllUnsynced() const {
  base::MutexLock lock(&mu_);
  auto after = std::make_unique<FaultyFileSystem>();
  for (const auto& [path, node] : durable_names_) {
    after->SetContent(path, node->durable);
  }
  return after;
}

std::unique_ptr<FaultyFileSystem> FaultyFileSystem::AfterKill() const {
  base::MutexLock lock(&mu_);
  auto after = std::make_unique<FaultyFileSystem>();
  for (const auto& [path, node] : names_) {
    after->SetContent(path, node->content);
  }
  return after;
}

void FaultyFileSystem::Apply(const Change& change, std::string* content) {
  if (change.truncates) {
    content->resize(change.offset);
  } else {
    WriteInto(change.offset, change.bytes, content);
  }
}

// Any of the sectors that the change touches may have it.
void FaultyFileSystem::ApplyTorn(const Change& change, std::mt19937_64* random,
                                 std::string* content) {
  if (change.truncates) {
    if ((*random)() % 2 == 0) {
      Apply(change, content);
    }
    return;
  }
  size_t done = 0;
  while (done < change.bytes.size()) {
    const uint64_t offset = change.offset + done;
    const size_t length =
        std::min<uint64_t>(kSectorBytes - offset % kSectorBytes, change.bytes.size() - done);
    if ((*random)() % 2 == 0) {
      WriteInto(offset, std::string_view(change.bytes).substr(done, length), content);
    }
    done += length;
  }
}

void FaultyFileSystem::Apply(const NameChange& change, Names* names) {
  if (change.node != nullptr) {
    (*names)[change.path] = change.node;
  } else {
    names->erase(change.path);
  }
}

absl::StatusOr<FaultyFileSystem::NodePtr> FaultyFileSystem::Find(const std::string& path) const {
  const auto it = names_.find(path);
  if (it == names_.end()) {
    return absl::NotFoundError(fmt::format("{}: no such file", path));
  }
  return it->second;
}

void FaultyFileSystem::ChangeName(NameChange change) {
  Apply(change, &names_);
  unsynced_names_.push_back(std::move(change));
}

uint64_t FaultyFileSystem::UsedBytes() const {
  uint64_t used = 0;
  for (const auto& [path, node] : names_) {
    used += std::max<uint64_t>(node->reserved, node->content.size());
  }
  return used;
}

uint64_t FaultyFileSystem::GrowthLimit(const Node& node, uint64_t size) const {
  const uint64_t has = std::max<uint64_t>(node.reserved, node.content.size());
  const uint64_t wanted = size - std::min(size, has);
  if (!capacity_.has_value()) {
    return wanted;
  }
  return std::min(wanted, *capacity_ - std::min(*capacity_, UsedBytes()));
}

absl::Status FaultyFileSystem::Write(Node* node, uint64_t offset, const std::string& bytes) {
  base::MutexLock lock(&mu_);
  const bool fails = TakeFailure(&failing_writes_);
  const uint64_t has = std::max<uint64_t>(node->reserved, node->content.size());
  const uint64_t end = offset + bytes.size();
  const uint64_t possible_end = std::min(end, std::max(has, offset) + GrowthLimit(*node, end));
  const size_t length = fails ? bytes.size() / 2 : possible_end - offset;
  const Change change{offset, bytes.substr(0, length), false};
  Apply(change, &node->content);
  node->unsynced.push_back(change);
  if (fails) {
    return DiskError("write");
  }
  if (length < bytes.size()) {
    return NoSpace("write");
  }
  ++writes_;
  return absl::OkStatus();
}

absl::Status FaultyFileSystem::Reserve(Node* node, uint64_t bytes) {
  base::MutexLock lock(&mu_);
  const uint64_t has = std::max<uint64_t>(node->reserved, node->content.size());
  if (bytes > has + GrowthLimit(*node, bytes)) {
    return NoSpace("reserve");
  }
  node->reserved = std::max(node->reserved, bytes);
  return absl::OkStatus();
}

absl::Status FaultyFileSystem::Truncate(Node* node, uint64_t size) {
  base::MutexLock lock(&mu_);
  const Change change{size, {}, true};
  Apply(change, &node->content);
  node->unsynced.push_back(change);
  node->reserved = std::min(node->reserved, size);
  return absl::OkStatus();
}

absl::Status FaultyFileSystem::Sync(Node* node) {
  if (before_sync_) {
    before_sync_();
  }
  base::MutexLock lock(&mu_);
  if (TakeFailure(&failing_syncs_)) {
    for (const Change& change : std::exchange(node->unsynced, {})) {
      ApplyTorn(change, &random_, &node->durable);
    }
    return DiskError("sync");
  }
  for (const Change& change : std::exchange(node->unsynced, {})) {
    Apply(change, &node->durable);
  }
  ++syncs_;
  return absl::OkStatus();
}

absl::StatusOr<size_t> FaultyFileSystem::Read(const Node& node, uint64_t offset,
                                              std::span<char> out) const {
  base::MutexLock lock(&mu_);
  if (offset >= node.content.size()) {
    return 0;
  }
  const size_t length = std::min<uint64_t>(out.size(), node.content.size() - offset);
  for (const auto& [bad_offset, bad_length] : node.unreadable) {
    if (offset < bad_offset + bad_length && bad_offset < offset + length) {
      return DiskError("read");
    }
  }
  std::copy_n(node.content.begin() + static_cast<ptrdiff_t>(offset), length, out.begin());
  return length;
}

uint64_t FaultyFileSystem::SizeOf(const Node& node) const {
  base::MutexLock lock(&mu_);
  return node.content.size();
}

}  // namespace tidemark::testing
