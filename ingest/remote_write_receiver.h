// RemoteWriteReceiver takes the body of a remote-write 1.0 request and stores what is in it.
//
// A body is unpacked and checked whole before anything of it is applied: a malformed one changes
// nothing. Then each sample stands for itself: what can be stored is stored, and if something was
// refused for good the answer says how much and why, naming the first few (InvalidArgument; a
// sender drops the request on it). OK means that everything is durable.
//
// Thread-safe, with one WriteContext for each thread that calls Write.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "base/metrics.h"
#include "ingest/label_rules.h"
#include "storage/db.h"

namespace tidemark::ingest {

struct ReceiverOptions {
  size_t max_body_bytes = 32u << 20;  // unpacked
  LabelLimits labels;
};

// The buffers of one I/O thread, reused from request to request. Thread-compatible.
class WriteContext {
 public:
  virtual ~WriteContext() = default;
};

class RemoteWriteReceiver {
 public:
  using Done = absl::AnyInvocable<void(const absl::Status&)>;

  // `db` and `metrics` must outlive the receiver.
  RemoteWriteReceiver(storage::Db* db, const ReceiverOptions& options,
                      base::MetricsRegistry* metrics);
  ~RemoteWriteReceiver();

  std::unique_ptr<WriteContext> NewContext() const;

  // Unavailable when a request must not be taken now. Ask before its body is read.
  absl::Status Admit() const { return db_->CheckWritable(); }

  // Stores the samples and metadata of `compressed`, one snappy block; it must stay valid during
  // the call. `done` is called once, before Write returns or later on the journal's thread, and
  // must not block. `context` comes from NewContext.
  //   OK               everything is stored and durable
  //   InvalidArgument  malformed (nothing is stored), or some samples were refused for good
  //   Unavailable      not durable now; the same request may come again without harm
  void Write(WriteContext* context, std::string_view compressed, Done done) const;

 private:
  struct Metrics;
  class Request;

  storage::Db* const db_;
  const ReceiverOptions options_;
  const std::unique_ptr<Metrics> metrics_;
};

}  // namespace tidemark::ingest
