// ResponsePolicy adds to every response what does not depend on its handler: the CORS headers,
// Vary, and compression. Immutable; thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/http/message.h"

namespace re2 {
class RE2;
}

namespace tidemark::server {

class ResponsePolicy {
 public:
  // `cors_origin` is a regular expression that an Origin must match as a whole; ".*" lets every
  // origin in.
  static absl::StatusOr<ResponsePolicy> Create(std::string_view cors_origin);

  ResponsePolicy(const ResponsePolicy&) = delete;
  ResponsePolicy& operator=(const ResponsePolicy&) = delete;
  ResponsePolicy(ResponsePolicy&&) noexcept;
  ResponsePolicy& operator=(ResponsePolicy&&) noexcept;
  ~ResponsePolicy();

  void Apply(const HttpRequest& request, HttpResponse* response) const;

 private:
  explicit ResponsePolicy(std::unique_ptr<re2::RE2> origin);
  void AddCors(std::string_view origin, HttpResponse* response) const;

  std::unique_ptr<re2::RE2> origin_;  // null: every origin
};

}  // namespace tidemark::server
