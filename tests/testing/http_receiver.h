// HttpReceiver is a small HTTP/1.1 server on a free loopback port, over TLS or not, that records
// what it is sent. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace tidemark::testing {

struct ReceivedRequest {
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  // Empty when there is none; the name as sent.
  std::string Header(const std::string& name) const;
};

struct Reply {
  int status = 200;
  std::string body;
  bool close = false;   // the connection, behind the answer
  bool silent = false;  // no answer at all, and the connection stays open
};

// A certificate for the name `localhost`, signed by itself, with its key, in PEM.
struct SelfSigned {
  std::string cert_file;
  std::string key_file;
};
SelfSigned MakeSelfSigned(const std::string& dir);

class HttpReceiver {
 public:
  using Handler = std::function<Reply(const ReceivedRequest&)>;

  // Answers each request with what `handler` gives, 200 without one. With `tls` it speaks TLS.
  explicit HttpReceiver(Handler handler = nullptr, std::optional<SelfSigned> tls = std::nullopt);
  ~HttpReceiver();
  HttpReceiver(const HttpReceiver&) = delete;
  HttpReceiver& operator=(const HttpReceiver&) = delete;

  uint16_t port() const { return port_; }

  // All requests so far.
  std::vector<ReceivedRequest> requests() const;
  // Connections accepted so far.
  int connections() const;
  // Waits until `count` requests have come; false when the time is over.
  bool WaitForRequests(size_t count, int64_t timeout_ms = 60'000) const;

 private:
  class Server;
  Reply Answer(ReceivedRequest request);

  const Handler handler_;
  mutable std::mutex mu_;
  mutable std::condition_variable changed_;
  std::vector<ReceivedRequest> requests_;
  uint16_t port_ = 0;
  std::unique_ptr<Server> server_;
};

}  // namespace tidemark::testing
