// SeriesRestorer puts series back into a head, and has the label index built on a thread of its own
// while the caller reads on: half of what restoring a series costs is its index.
//
// Restore and Finish are for one thread. The head must outlive the restorer.
#pragma once

#include <cstddef>
#include <thread>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "storage/head/head.h"
#include "storage/types.h"

namespace tidemark::storage {

class SeriesRestorer {
 public:
  explicit SeriesRestorer(Head* head);
  // Finishes if Finish was not called.
  ~SeriesRestorer();
  SeriesRestorer(const SeriesRestorer&) = delete;
  SeriesRestorer& operator=(const SeriesRestorer&) = delete;

  // As Head::Restore.
  absl::Status Restore(const SeriesRecord& record);

  // Everything restored can be found in every way.
  void Finish();

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mu_);
  void EndThread() ABSL_LOCKS_EXCLUDED(mu_);

  Head* const head_;
  size_t restored_ = 0;

  base::Mutex mu_;
  base::CondVar changed_;
  bool due_ ABSL_GUARDED_BY(mu_) = false;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace tidemark::storage
