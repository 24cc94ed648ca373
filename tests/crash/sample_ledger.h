// SampleLedger knows what was sent, what of it was acknowledged and what was deleted, and checks a
// server's answers against it: every acknowledged sample that was not deleted and is inside the
// retention is there with its exact bits, nothing is there twice, nothing is there that was never
// sent, and nothing that was deleted or has outlived its retention. Thread-compatible.
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

  // The deletion of the samples in [min, max] was asked for: they may be gone from now on.
  // REQUIRES: every sample there was acknowledged, since one that comes again may stay.
  void BeginDeletion(const std::string& series, model::Timestamp min, model::Timestamp max);
  // It was carried out: none of them is there any more.
  void EndDeletion(const std::string& series, model::Timestamp min, model::Timestamp max);

  // Takes over what `later`, a continuation of this ledger, sent or deleted since: it may be stored
  // or not. Not what it acknowledged.
  void TakeSent(const SampleLedger& later);

  // Samples from `kept` on are inside the retention, those before `expired` outside of it; the
  // ones between them, which is the time that a query takes, may be there or not.
  struct Retention {
    model::Timestamp expired = model::kMinTimestamp;
    model::Timestamp kept = model::kMinTimestamp;
  };
  // What is wrong with `answer`, all samples of all series, told apart by the label "series"; at
  // most a few lines. Staleness markers are not part of such an answer.
  std::vector<std::string> Check(const QueryAnswer& answer, const Retention& retention) const;
  std::vector<std::string> Check(const QueryAnswer& answer) const { return Check(answer, {}); }

  struct StaleMarker {
    std::string series;
    model::Timestamp t = 0;
  };
  // The latest acknowledged staleness markers, at most `count`.
  std::vector<StaleMarker> AcknowledgedStaleMarkers(size_t count) const;

  size_t acknowledged() const { return acknowledged_; }
  size_t deleted() const { return deleted_; }

 private:
  enum class State { kSent, kAcknowledged, kDeleted };  // may be there, must be, must not be
  struct Entry {
    uint64_t bits = 0;
    State state = State::kSent;
  };
  using SeriesEntries = std::map<model::Timestamp, Entry>;

  static void CheckSeries(const std::string& name, const SeriesEntries& entries,
                          const AnswerSeries& found, const Retention& retention,
                          std::vector<std::string>* problems);

  std::map<std::string, SeriesEntries> series_;
  size_t acknowledged_ = 0;
  size_t deleted_ = 0;
};

}  // namespace tidemark::testing
