// HttpClient speaks HTTP/1.1 to one port of the loopback interface, one request at a time, over a
// connection that it keeps and opens anew when the server closed it. Thread-compatible.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace tidemark::testing {

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  // The value of the header, its name compared without case; empty when there is none.
  std::string_view Header(std::string_view name) const;
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

// "a=1&b=%7B" of names and values.
std::string FormEncode(const Pairs& parameters);

class HttpClient {
 public:
  explicit HttpClient(uint16_t port, int64_t timeout_ms = 60'000);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  absl::StatusOr<HttpResponse> Get(std::string_view path, const Pairs& parameters = {},
                                   const Pairs& headers = {});
  absl::StatusOr<HttpResponse> Post(std::string_view path, std::string body,
                                    const Pairs& headers = {});
  // A POST of parameters as application/x-www-form-urlencoded.
  absl::StatusOr<HttpResponse> PostForm(std::string_view path, const Pairs& parameters);

 private:
  class Connection;

  absl::StatusOr<HttpResponse> Send(std::string_view method, std::string_view target,
                                    std::string body, const Pairs& headers);

  const uint16_t port_;
  const int64_t timeout_ms_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace tidemark::testing
