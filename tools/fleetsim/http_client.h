// HttpClient POSTs to one server over one connection that it keeps open, one request at a time.
//
// Owned by one thread. After an error the connection is closed and the next Post opens a new one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace tidemark::fleetsim {

struct HttpUrl {
  std::string host;
  std::string port;
  std::string target;  // path and query
};

// "http://HOST[:PORT][/PATH]"
absl::StatusOr<HttpUrl> ParseHttpUrl(std::string_view text);

struct HttpAnswer {
  int status = 0;
  int64_t retry_after_ms = -1;  // -1: the server did not say
  std::string body;
};

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

class HttpClient {
 public:
  explicit HttpClient(HttpUrl url, int64_t timeout_ms = 30'000);
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;

  // An answer of whatever status, or an error when there was none: Unavailable, or
  // DeadlineExceeded when the timeout ran out.
  absl::StatusOr<HttpAnswer> Post(std::string_view body, const HttpHeaders& headers);

 private:
  class Connection;

  HttpUrl url_;
  int64_t timeout_ms_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace tidemark::fleetsim
