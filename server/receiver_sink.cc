#include "server/receiver_sink.h"

#include <utility>

namespace tidemark::server {
namespace {

ingest::ReceiverOptions OptionsOf(const Limits& limits) {
  return {.max_body_bytes = limits.max_request_bytes,
          .labels = {.max_name_bytes = limits.max_label_name_bytes,
                     .max_value_bytes = limits.max_label_value_bytes,
                     .max_labels = limits.max_labels_per_series}};
}

}  // namespace

ReceiverSink::ReceiverSink(storage::Db* db, base::MetricsRegistry* metrics, size_t io_threads,
                           const Limits& limits)
    : db_(db), metrics_(metrics), io_threads_(io_threads) {
  SetLimits(limits);
}

void ReceiverSink::SetLimits(const Limits& limits) {
  std::unique_ptr<Generation> next(
      new Generation{ingest::RemoteWriteReceiver(db_, OptionsOf(limits), metrics_), {}});
  for (size_t i = 0; i < io_threads_; ++i) {
    next->contexts.push_back(next->receiver.NewContext());
  }
  base::MutexLock lock(&mu_);
  current_.store(next.get(), std::memory_order_release);
  generations_.push_back(std::move(next));
}

absl::Status ReceiverSink::Admit() const {
  return current_.load(std::memory_order_acquire)->receiver.Admit();
}

void ReceiverSink::Write(size_t io_thread, std::string_view compressed, Done done) {
  const Generation* generation = current_.load(std::memory_order_acquire);
  generation->receiver.Write(generation->contexts[io_thread].get(), compressed, std::move(done));
}

}  // namespace tidemark::server
