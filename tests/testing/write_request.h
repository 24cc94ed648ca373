// Remote-write 1.0 requests as a sender makes them, with the generated protobuf classes and
// snappy: nothing of the receiver's own decoder is used.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "model/sample.h"
#include "tests/testing/http_client.h"

namespace tidemark::testing {

struct SentSeries {
  std::vector<std::pair<std::string, std::string>> labels;  // sent in this order
  std::vector<model::Sample> samples;
};

// The protobuf bytes of a WriteRequest with these series.
std::string EncodeWriteRequest(std::span<const SentSeries> series);

std::string SnappyCompress(std::string_view bytes);

// The headers of a remote-write 1.0 request.
Pairs WriteHeaders();

// Sends a body that is compressed already to /api/v1/write.
absl::StatusOr<HttpResponse> PostWrite(HttpClient* http, std::string body);

}  // namespace tidemark::testing
