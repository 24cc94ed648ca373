// QueryClient asks a Prometheus-like server for instant and range queries and reads the answers
// into plain structs. Thread-compatible.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "model/sample.h"
#include "tests/testing/http_client.h"

namespace tidemark::testing {

// One series of an answer. A scalar or a string is a series without labels and with one point.
struct AnswerSeries {
  struct Point {
    model::Timestamp t = 0;
    std::string value;  // as the server spelled it
  };
  std::map<std::string, std::string> labels;
  std::vector<Point> points;
};

struct QueryAnswer {
  std::string type;  // vector, matrix, scalar, string
  std::vector<AnswerSeries> series;
};

// What a server answered to a query. An error has the code of its HTTP status: InvalidArgument for
// 400, FailedPrecondition for 422, else Internal.
absl::StatusOr<QueryAnswer> ReadAnswer(const HttpResponse& response);

// The number a server spelled: "1.5", "+Inf", "NaN".
double ParseValue(const std::string& text);

class QueryClient {
 public:
  explicit QueryClient(uint16_t port) : http_(port) {}

  absl::StatusOr<QueryAnswer> Instant(std::string_view expr, model::Timestamp t);
  absl::StatusOr<QueryAnswer> Range(std::string_view expr, model::Timestamp start,
                                    model::Timestamp end, int64_t step_ms);

 private:
  absl::StatusOr<QueryAnswer> Ask(std::string_view path, const Pairs& parameters);

  HttpClient http_;
};

}  // namespace tidemark::testing
