// SampleLedger knows what was sent and what of it was acknowledged, and checks a server's answers
// against it: every acknowledged sample is there with its exact bits, nothing is there twice, and
// nothing is there that was never sent. Thread-compatible.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/sample.h"
#include "tests/testing/query_client.h"

namespace tidemark::testing {

class SampleLedger {
 public:
  // The sample is on its way: it may be stored from now on.
  void Send(const std::string& series, model::Sample sample);
  // The sample was acknowledged: it must be stored from now on.
  void Acknowledge(const std::string& series, model::Sample sample);

  // Takes over what `later`, a continuation of this ledger, sent since; not what it acknowledged.
  void TakeSent(const SampleLedger& later);

  // What is wrong with `answer`, all samples of all series, told apart by the label "series"; at
  // most a few lines. Staleness markers are not part of such an answer.
  std::vector<std::string> Check(const QueryAnswer& answer) const;

  struct StaleMarker {
    std::string series;
    model::Timestamp t = 0;
  };
  // The latest acknowledged staleness markers, at most `count`.
  std::vector<StaleMarker> AcknowledgedStaleMarkers(size_t count) const;

  size_t acknowledged() const { return acknowledged_; }

 private:
  struct Entry {
    uint64_t bits = 0;
    bool acknowledged = false;
  };
  using SeriesEntries = std::map<model::Timestamp, Entry>;

  static void CheckSeries(const std::string& name, const SeriesEntries& entries,
                          const AnswerSeries& found, std::vector<std::string>* problems);

  std::map<std::string, SeriesEntries> series_;
  size_t acknowledged_ = 0;
};

}  // namespace tidemark::testing
