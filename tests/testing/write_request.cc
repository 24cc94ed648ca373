#include "tests/testing/write_request.h"

#include "proto/prometheus/remote_write.pb.h"
#include "snappy.h"

namespace tidemark::testing {

std::string EncodeWriteRequest(std::span<const SentSeries> series) {
  prometheus::WriteRequest request;
  for (const SentSeries& one : series) {
    prometheus::TimeSeries* message = request.add_timeseries();
    for (const auto& [name, value] : one.labels) {
      prometheus::Label* label = message->add_labels();
      label->set_name(name);
      label->set_value(value);
    }
    for (const model::Sample& sample : one.samples) {
      prometheus::Sample* point = message->add_samples();
      point->set_timestamp(sample.t);
      point->set_value(sample.v);
    }
  }
  return request.SerializeAsString();
}

std::string SnappyCompress(std::string_view bytes) {
  std::string compressed;
  snappy::Compress(bytes.data(), bytes.size(), &compressed);
  return compressed;
}

Pairs WriteHeaders() {
  return {{"Content-Type", "application/x-protobuf"},
          {"Content-Encoding", "snappy"},
          {"X-Prometheus-Remote-Write-Version", "0.1.0"},
          {"User-Agent", "tidemark-tests"}};
}

absl::StatusOr<HttpResponse> PostWrite(HttpClient* http, std::string body) {
  return http->Post("/api/v1/write", std::move(body), WriteHeaders());
}

}  // namespace tidemark::testing
