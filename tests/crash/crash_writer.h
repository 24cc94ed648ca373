// CrashWriter sends samples of its own series over one connection until the server is gone, and
// keeps the books in a SampleLedger. The request whose answer did not come is sent again when the
// next run begins, as a Prometheus would.
//
// Most samples come in order; some come late, some are staleness markers, and every run begins a
// few new series. Every value is unique. Thread-compatible.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/crash/sample_ledger.h"
#include "tests/testing/http_client.h"
#include "tests/testing/write_request.h"

namespace tidemark::testing {

class CrashWriter {
 public:
  // Series are told apart from other writers' by the label writer="`name`". `begin_ms` is the
  // time of the first samples.
  CrashWriter(std::string name, uint64_t seed, int64_t begin_ms);

  // Writes to the server on `port` until it is gone or `max_requests` were answered. OK unless the
  // server refused something.
  absl::Status Run(uint16_t port, int max_requests);

  const std::string& name() const { return name_; }
  const SampleLedger& ledger() const { return ledger_; }
  uint64_t requests() const { return requests_; }

 private:
  struct Series {
    std::string name;
    model::Timestamp next;  // of a sample in order
    model::Timestamp late;  // of a late one; goes back in time
  };

  void AddSeries(int count);
  std::vector<SentSeries> MakeRequest();
  model::Sample NextSample(Series* series);
  double UniqueValue();
  void Acknowledge(const std::vector<SentSeries>& request);

  const std::string name_;
  const int64_t begin_ms_;
  std::mt19937_64 random_;
  std::vector<Series> series_;
  std::optional<std::vector<SentSeries>> unanswered_;
  SampleLedger ledger_;
  uint64_t requests_ = 0;
};

}  // namespace tidemark::testing
