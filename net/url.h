// Url is the address of an HTTP server: scheme, host, port and path. A value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tidemark::net {

struct Url {
  bool tls = false;
  std::string host;  // a name or an address; of IPv6 without the brackets
  uint16_t port = 80;
  std::string path;  // begins with a slash

  // "https://host:9093/path"
  std::string ToString() const;
  // "host:9093", as a Host header has it; the usual port of the scheme is left out.
  std::string HostHeader() const;
};

// http://host[:port][/path] or https://…; the port is 80 or 443 if none is given.
absl::StatusOr<Url> ParseUrl(std::string_view text);

}  // namespace tidemark::net
