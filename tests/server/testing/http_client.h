// HttpClient speaks HTTP/1.1 over one loopback connection, byte for byte as the test says.
//
// Thread-compatible. A read that gets nothing for twenty seconds fails the test.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark::server::testing {

struct ClientResponse {
  int status = 0;
  std::multimap<std::string, std::string> headers;  // names in lower case
  std::string body;

  // The first value of header `name` (lower case); empty if there is none.
  std::string Header(const std::string& name) const;
};

class HttpClient {
 public:
  explicit HttpClient(uint16_t port);
  ~HttpClient() { Close(); }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  void Send(std::string_view bytes);
  // False when the peer has closed the connection before all was sent.
  bool TrySend(std::string_view bytes);
  // Says that nothing more will be sent.
  void FinishSending();
  void Close();

  // The next response; nullopt at the end of the connection. `has_body` false: answer to a HEAD.
  std::optional<ClientResponse> Read(bool has_body = true);
  // Send, then Read; a test failure if there is no answer.
  ClientResponse Ask(std::string_view request);
  // GET `target`, with further header lines, each ended by "\r\n".
  ClientResponse Get(std::string_view target, std::string_view headers = {});
  // POST of `body`.
  ClientResponse Post(std::string_view target, std::string_view body,
                      std::string_view headers = {});
  // Whether the peer has closed the connection and nothing more is to be read.
  bool AtEnd();

 private:
  // Receives more; false at the end.
  bool Fill();

  int fd_ = -1;
  std::string buffer_;
};

// A POST's bytes.
std::string PostRequest(std::string_view target, std::string_view body,
                        std::string_view headers = {});

}  // namespace tidemark::server::testing
