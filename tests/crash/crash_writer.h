// CrashWriter sends samples of its own series over one connection until the server is gone, and
// keeps the books in a SampleLedger. The request whose answer did not come is sent again when the
// next run begins, as a Prometheus would.
//
// Most samples come in order; some come late, some are staleness markers, and every run begins a
// few new series. Every value is unique. If told to, it deletes samples of one of its series now
// and then.
//
// One whose samples outlive their retention meanwhile sends them in order, just before they do, and
// takes it that a sample is refused for being too old. Thread-compatible.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/crash/sample_ledger.h"
#include "tests/testing/http_client.h"
#include "tests/testing/write_request.h"

namespace tidemark::testing {

struct CrashWriterOptions {
  std::string name;  // in the label "writer", which tells its series from other writers'
  uint64_t seed = 0;
  int64_t begin_ms = 0;  // the time of the first samples
  int64_t keep_ms = 0;   // how long samples are kept; 0: they outlive the test
  bool deletes = false;  // the server must have its admin interface
};

class CrashWriter {
 public:
  explicit CrashWriter(CrashWriterOptions options);

  // Writes to the server on `port` until it is gone or `max_requests` were answered. OK unless the
  // server refused something.
  absl::Status Run(uint16_t port, int max_requests);

  const std::string& name() const { return options_.name; }
  int64_t keep_ms() const { return options_.keep_ms; }
  const SampleLedger& ledger() const { return ledger_; }
  uint64_t requests() const { return requests_; }

 private:
  struct Series {
    std::string name;
    model::Timestamp next;  // of a sample in order
    model::Timestamp late;  // of a late one; goes back in time
  };

  struct Deletion {
    std::string series;
    model::Timestamp min = 0;
    model::Timestamp max = 0;
  };
  bool expires() const { return options_.keep_ms > 0; }
  void AddSeries(int count);
  // Each sends the request that has no answer yet, or a new one. False: it has none still, since
  // the server is gone.
  absl::StatusOr<bool> WriteSome(HttpClient* http);
  absl::StatusOr<bool> DeleteSome(HttpClient* http);
  Deletion MakeDeletion();
  std::vector<SentSeries> MakeRequest();
  model::Sample NextSample(Series* series);
  double UniqueValue();
  void Acknowledge(const std::vector<SentSeries>& request);

  const CrashWriterOptions options_;
  std::mt19937_64 random_;
  std::vector<Series> series_;
  // At most one of them.
  std::optional<std::vector<SentSeries>> unanswered_;
  std::optional<Deletion> unanswered_deletion_;
  SampleLedger ledger_;
  uint64_t requests_ = 0;
};

}  // namespace tidemark::testing
