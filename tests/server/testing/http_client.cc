#include "tests/server/testing/http_client.h"

#include <unistd.h>

#include <algorithm>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "fmt/format.h"
#include "gtest/gtest.h"

namespace tidemark::server::testing {

std::string ClientResponse::Header(const std::string& name) const {
  const auto it = headers.find(name);
  return it == headers.end() ? "" : it->second;
}

HttpClient::HttpClient(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{20, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  const int one = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  const int result = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  EXPECT_EQ(result, 0) << "connect to port " << port;
}

bool HttpClient::TrySend(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

void HttpClient::Send(std::string_view bytes) { EXPECT_TRUE(TrySend(bytes)); }

void HttpClient::FinishSending() { ::shutdown(fd_, SHUT_WR); }

void HttpClient::Close() {
  if (fd_ >= 0) {
    ::close(fd_);
    fd_ = -1;
  }
}

bool HttpClient::Fill() {
  char chunk[16384];
  const ssize_t n = ::recv(fd_, chunk, sizeof(chunk), 0);
  EXPECT_FALSE(n < 0 && errno == EAGAIN) << "no answer in twenty seconds";
  if (n <= 0) {
    return false;
  }
  buffer_.append(chunk, static_cast<size_t>(n));
  return true;
}

std::optional<ClientResponse> HttpClient::Read(bool has_body) {
  size_t head_end = 0;
  while ((head_end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill()) {
      return std::nullopt;
    }
  }
  ClientResponse response;
  response.status = std::stoi(buffer_.substr(std::string_view("HTTP/1.1 ").size(), 3));
  size_t line = buffer_.find("\r\n") + 2;
  while (line < head_end + 2) {
    const size_t end = buffer_.find("\r\n", line);
    const size_t colon = buffer_.find(": ", line);
    std::string name = buffer_.substr(line, colon - line);
    std::transform(name.begin(), name.end(), name.begin(), ::tolower);
    response.headers.emplace(name, buffer_.substr(colon + 2, end - colon - 2));
    line = end + 2;
  }
  buffer_.erase(0, head_end + 4);
  const std::string length_text = response.Header("content-length");
  const size_t length = has_body && !length_text.empty() ? std::stoul(length_text) : 0;
  while (buffer_.size() < length) {
    if (!Fill()) {
      return std::nullopt;
    }
  }
  response.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return response;
}

ClientResponse HttpClient::Ask(std::string_view request) {
  Send(request);
  std::optional<ClientResponse> response = Read();
  EXPECT_TRUE(response.has_value()) << "no answer to " << request.substr(0, 100);
  return response.value_or(ClientResponse());
}

ClientResponse HttpClient::Get(std::string_view target, std::string_view headers) {
  return Ask(fmt::format("GET {} HTTP/1.1\r\nHost: test\r\n{}\r\n", target, headers));
}

ClientResponse HttpClient::Post(std::string_view target, std::string_view body,
                                std::string_view headers) {
  return Ask(PostRequest(target, body, headers));
}

bool HttpClient::AtEnd() { return buffer_.empty() && !Fill(); }

std::string PostRequest(std::string_view target, std::string_view body, std::string_view headers) {
  return fmt::format("POST {} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n{}\r\n{}", target,
                     body.size(), headers, body);
}

}  // namespace tidemark::server::testing
