#include "net/url.h"

#include <algorithm>
#include <charconv>

#include "fmt/format.h"

namespace tidemark::net {
namespace {

constexpr uint16_t kHttpPort = 80;
constexpr uint16_t kHttpsPort = 443;

absl::Status Invalid(std::string_view text, std::string_view cause) {
  return absl::InvalidArgumentError(fmt::format("\"{}\" is not a URL: {}", text, cause));
}

std::string BracketedHost(const std::string& host) {
  return host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
}

}  // namespace

std::string Url::ToString() const {
  return fmt::format("{}://{}:{}{}", tls ? "https" : "http", BracketedHost(host), port, path);
}

std::string Url::HostHeader() const {
  return port == (tls ? kHttpsPort : kHttpPort) ? BracketedHost(host)
                                                : fmt::format("{}:{}", BracketedHost(host), port);
}

absl::StatusOr<Url> ParseUrl(std::string_view text) {
  Url url;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    url.tls = true;
    url.port = kHttpsPort;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return Invalid(text, "it must begin with http:// or https://");
  }
  const size_t slash = std::min(rest.find('/'), rest.size());
  url.path = slash == rest.size() ? "/" : std::string(rest.substr(slash));
  std::string_view authority = rest.substr(0, slash);
  const size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
    const std::string_view port = authority.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc() || end != port.data() + port.size() || url.port == 0) {
      return Invalid(text, "the port is not a number from 1 to 65535");
    }
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) {
    authority = authority.substr(1, authority.size() - 2);
  }
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c > ' '; });
  if (authority.empty() || !printable || authority.find_first_of("@[]") != std::string_view::npos) {
    return Invalid(text, "the host is missing or malformed");
  }
  url.host = authority;
  return url;
}

}  // namespace tidemark::net
