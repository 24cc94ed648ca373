// ReceiverSink gives remote-write bodies to the receiver, with the limits in force.
//
// A receiver's limits are fixed, so new limits make a new receiver. The old ones are kept: an
// acknowledgement may still be on its way back through them, and limits change rarely.
//
// Thread-safe; Write as SampleSink says.
#pragma once

#include <atomic>
#include <memory>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "base/mutex.h"
#include "ingest/remote_write_receiver.h"
#include "server/api/write_route.h"
#include "server/config/config.h"
#include "storage/db.h"

namespace tidemark::server {

class ReceiverSink final : public SampleSink {
 public:
  // `db` and `metrics` must outlive the sink, and the sink the last acknowledgement.
  ReceiverSink(storage::Db* db, base::MetricsRegistry* metrics, size_t io_threads,
               const Limits& limits);

  // From the next request on.
  void SetLimits(const Limits& limits) ABSL_LOCKS_EXCLUDED(mu_);

  absl::Status Admit() const override;
  void Write(size_t io_thread, std::string_view compressed, Done done) override;

 private:
  // A receiver with the buffers of each I/O thread.
  struct Generation {
    ingest::RemoteWriteReceiver receiver;
    std::vector<std::unique_ptr<ingest::WriteContext>> contexts;
  };

  storage::Db* const db_;
  base::MetricsRegistry* const metrics_;
  const size_t io_threads_;
  // Writer: SetLimits. Readers: I/O threads. Publishes the generation.
  std::atomic<Generation*> current_{nullptr};
  base::Mutex mu_;
  std::vector<std::unique_ptr<Generation>> generations_ ABSL_GUARDED_BY(mu_);
};

}  // namespace tidemark::server
