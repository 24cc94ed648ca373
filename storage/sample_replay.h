// SampleReplay appends samples that were read back from the journal, on threads of its own, while
// the caller reads on.
//
// Each series belongs to one of the threads, by its ref, so its samples are appended in the order
// in which they were added. Add and Drain are for one thread, the one that reads; memory is bounded
// by the batches that wait.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "storage/head/head.h"
#include "storage/sample_record.h"

namespace tidemark::storage {

class SampleReplay {
 public:
  // `head` must outlive the replay; nobody else may append to it until the replay is gone.
  SampleReplay(Head* head, size_t threads);
  // Drains and ends the threads.
  ~SampleReplay();
  SampleReplay(const SampleReplay&) = delete;
  SampleReplay& operator=(const SampleReplay&) = delete;

  void Add(std::span<const JournalSample> samples);

  // Returns when everything added is appended. Series may be restored only then, before the next
  // Add.
  void Drain();

  // What was added so far, complete after Drain().
  struct Counts {
    uint64_t appended = 0;
    std::map<SeriesRef, uint64_t> unknown;  // samples of series that the head does not have
  };
  Counts counts() const;

 private:
  class Lane;

  // As many neighbours as fill a few cache lines of what leads to their series.
  static constexpr SeriesRef kNeighbours = 256;

  bool drained_ = true;  // nothing was added since
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace tidemark::storage
