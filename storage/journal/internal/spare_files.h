// SpareFiles keeps the files of a few deleted segments to be written again: their space is reserved
// already, so a sync need not record where new blocks lie, and no blocks are freed and found again.
//
// Invariant: a spare file is offered only after its segment's name is durably gone. Otherwise a
// power loss could bring the name back, over the content of a later segment.
//
// Thread-safe. A spare is called "00000012.spare" after the segment it was.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/file_system.h"
#include "base/mutex.h"
#include "storage/journal/segment_format.h"

namespace tidemark::storage {

class SpareFiles {
 public:
  // `fs` must outlive the spares.
  SpareFiles(base::FileSystem* fs, std::string dir) : fs_(fs), dir_(std::move(dir)) {}

  // Offers the spares that an earlier run left. REQUIRES: changes of names in the folder are
  // durable.
  absl::Status Load() ABSL_LOCKS_EXCLUDED(mu_);

  // Deletes the segments, oldest first, and keeps files of some of them unless their space is
  // `needed`. OK when a segment is not there. What was deleted is durably gone when this returns
  // OK.
  absl::Status Retire(const std::vector<SegmentId>& segments, bool needed) ABSL_LOCKS_EXCLUDED(mu_);

  // Path of a spare file, which is the caller's now.
  std::optional<std::string> Take() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  static constexpr size_t kMaxSpares = 2;

  size_t room() const ABSL_LOCKS_EXCLUDED(mu_);

  base::FileSystem* const fs_;
  const std::string dir_;
  mutable base::Mutex mu_;
  std::vector<std::string> paths_ ABSL_GUARDED_BY(mu_);
};

}  // namespace tidemark::storage
