#include "storage/journal/internal/spare_files.h"

#include <utility>

#include "base/status_macros.h"

namespace tidemark::storage {
namespace {

constexpr std::string_view kSuffix = ".spare";

}  // namespace

absl::Status SpareFiles::Load() {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, fs_->List(dir_));
  std::vector<std::string> found;
  for (const std::string& name : names) {
    if (!name.ends_with(kSuffix)) {
      continue;
    }
    const std::string path = fmt::format("{}/{}", dir_, name);
    if (found.size() < kMaxSpares) {
      found.push_back(path);
    } else {
      RETURN_IF_ERROR(fs_->Delete(path));
    }
  }
  base::MutexLock lock(&mu_);
  paths_ = std::move(found);
  return absl::OkStatus();
}

absl::Status SpareFiles::Retire(const std::vector<SegmentId>& segments, bool needed) {
  std::vector<std::string> spares;
  for (const SegmentId id : segments) {
    const std::string path = SegmentPath(dir_, id);
    const std::string spare = fmt::format("{}/{:08}{}", dir_, id, kSuffix);
    const bool keep = !needed && spares.size() < room();
    const absl::Status gone = keep ? fs_->Rename(path, spare) : fs_->Delete(path);
    if (!gone.ok() && !absl::IsNotFound(gone)) {
      return gone;
    }
    if (keep && gone.ok()) {
      spares.push_back(spare);
    }
  }
  RETURN_IF_ERROR(fs_->SyncDir(dir_));
  base::MutexLock lock(&mu_);
  paths_.insert(paths_.end(), spares.begin(), spares.end());
  return absl::OkStatus();
}

std::optional<std::string> SpareFiles::Take() {
  base::MutexLock lock(&mu_);
  if (paths_.empty()) {
    return std::nullopt;
  }
  std::string path = std::move(paths_.back());
  paths_.pop_back();
  return path;
}

size_t SpareFiles::room() const {
  base::MutexLock lock(&mu_);
  return kMaxSpares - paths_.size();
}

}  // namespace tidemark::storage
