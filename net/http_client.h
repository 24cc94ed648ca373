// HttpClient sends requests to one HTTP/1.1 server, over TLS or not, one at a time over a
// connection that it keeps and opens anew when the server has closed it.
//
// Files of the options (passwords, certificates) are read again for each new connection or
// request, so they can be replaced while the client lives. A request ends with an error when its
// time is over, whatever the server does. Thread-compatible, but for Cancel(), which any thread
// may call.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "net/url.h"

namespace tidemark::net {

struct TlsOptions {
  std::string ca_file;  // whom to trust; empty: the system's authorities
  std::string cert_file;
  std::string key_file;
  std::string server_name;  // expected in the certificate; empty: the host
  bool insecure_skip_verify = false;

  friend bool operator==(const TlsOptions&, const TlsOptions&) = default;
};

struct HttpClientOptions {
  int64_t timeout_ms = 10'000;  // of one request, connecting included
  size_t max_answer_bytes = 1 << 20;
  TlsOptions tls;
  std::string username;  // basic authentication if not empty
  std::string password;
  std::string password_file;     // wins over password
  std::string credential_type;   // "Bearer" if empty
  std::string credentials;       // the Authorization header if there is no username
  std::string credentials_file;  // wins over credentials
  std::vector<std::pair<std::string, std::string>> headers;

  friend bool operator==(const HttpClientOptions&, const HttpClientOptions&) = default;
};

struct HttpAnswer {
  int status = 0;
  std::string body;
};

class HttpClient {
 public:
  HttpClient(Url url, HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // POSTs `body` to the URL's path. Any answer of the server is a success here, whatever its
  // status. Unavailable or DeadlineExceeded when none came; Cancelled after Cancel().
  absl::StatusOr<HttpAnswer> Post(std::string_view content_type, const std::string& body);

  // The same with a GET, which has no body.
  absl::StatusOr<HttpAnswer> Get();

  // Ends the request under way, and every later one, with Cancelled. Thread-safe.
  void Cancel();

  const Url& url() const { return url_; }

 private:
  class Connection;

  // A GET where there is no content type.
  absl::StatusOr<HttpAnswer> Exchange(std::string_view content_type, const std::string& body);
  absl::StatusOr<HttpAnswer> TryExchange(std::string_view content_type, const std::string& body);

  const Url url_;
  const HttpClientOptions options_;
  const std::unique_ptr<Connection> connection_;
};

}  // namespace tidemark::net
