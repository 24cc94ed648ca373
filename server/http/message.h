// HttpRequest and HttpResponse: what a handler is given and what it gives back.
//
// A request's views point into its connection. They stay valid until a synchronous handler
// returns, and only during the call of an asynchronous one.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidemark::server {

enum class Method : uint8_t { kGet, kHead, kPost, kPut, kDelete, kOptions, kOther };

// "GET"; "" for kOther.
std::string_view MethodName(Method method);

struct HttpHeader {
  std::string_view name;
  std::string_view value;
};

struct HttpRequest {
  Method method = Method::kGet;
  std::string_view path;        // as sent, without the query string
  std::string_view query;       // behind the `?`, still escaped
  std::string_view path_param;  // the segment that stands for a route's {name}, still escaped
  std::vector<HttpHeader> headers;
  std::string_view body;
  size_t io_thread = 0;        // index of the I/O thread that owns the connection
  int64_t received_nanos = 0;  // steady time at which the request was complete
  // Set when the client has gone or the server must end; never null while a handler runs.
  // Writer: the I/O thread. Readers: the handler. Publishes nothing else.
  const std::atomic<bool>* cancelled = nullptr;

  // The value of the first header `name` (any case); empty if there is none.
  std::string_view Header(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::string content_type;  // empty: none is sent
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

// A response of plain text; a line break is added.
HttpResponse TextResponse(int status, std::string_view text);

// Whether two header names or tokens are the same but for the case of ASCII letters.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

// `text` without blanks and tabs at both ends.
std::string_view TrimBlanks(std::string_view text);

}  // namespace tidemark::server
