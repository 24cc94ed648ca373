#include "server/http/response_policy.h"

#include "fmt/format.h"
#include "re2/re2.h"
#include "server/http/compress.h"

namespace tidemark::server {
namespace {

constexpr size_t kSmallestCompressedBody = 1024;

void MaybeCompress(const HttpRequest& request, HttpResponse* response) {
  response->headers.emplace_back("Vary", "Accept-Encoding");
  if (response->body.size() <= kSmallestCompressedBody) {
    return;
  }
  const Encoding encoding = ChooseEncoding(request.Header("Accept-Encoding"));
  if (encoding == Encoding::kIdentity) {
    return;
  }
  response->body = Compress(encoding, response->body);
  response->headers.emplace_back("Content-Encoding", EncodingName(encoding));
}

bool IsEncoded(const HttpResponse& response) {
  return std::any_of(response.headers.begin(), response.headers.end(), [](const auto& header) {
    return EqualsIgnoreCase(header.first, "Content-Encoding");
  });
}

}  // namespace

absl::StatusOr<ResponsePolicy> ResponsePolicy::Create(std::string_view cors_origin) {
  if (cors_origin == ".*") {
    return ResponsePolicy(nullptr);
  }
  auto origin = std::make_unique<re2::RE2>(re2::StringPiece(cors_origin.data(), cors_origin.size()),
                                           re2::RE2::Quiet);
  if (!origin->ok()) {
    return absl::InvalidArgumentError(
        fmt::format("the pattern of allowed origins {}: {}", cors_origin, origin->error()));
  }
  return ResponsePolicy(std::move(origin));
}

ResponsePolicy::ResponsePolicy(std::unique_ptr<re2::RE2> origin) : origin_(std::move(origin)) {}
ResponsePolicy::ResponsePolicy(ResponsePolicy&&) noexcept = default;
ResponsePolicy& ResponsePolicy::operator=(ResponsePolicy&&) noexcept = default;
ResponsePolicy::~ResponsePolicy() = default;

void ResponsePolicy::AddCors(std::string_view origin, HttpResponse* response) const {
  response->headers.emplace_back("Vary", "Origin");
  if (origin.empty()) {
    return;
  }
  response->headers.emplace_back("Access-Control-Allow-Headers",
                                 "Accept, Authorization, Content-Type, Origin");
  response->headers.emplace_back("Access-Control-Allow-Methods", "GET, POST, OPTIONS");
  response->headers.emplace_back("Access-Control-Expose-Headers", "Date");
  if (origin_ == nullptr) {
    response->headers.emplace_back("Access-Control-Allow-Origin", "*");
  } else if (re2::RE2::FullMatch(re2::StringPiece(origin.data(), origin.size()), *origin_)) {
    response->headers.emplace_back("Access-Control-Allow-Origin", origin);
  }
}

void ResponsePolicy::Apply(const HttpRequest& request, HttpResponse* response) const {
  AddCors(request.Header("Origin"), response);
  if (!response->body.empty() && !IsEncoded(*response)) {
    MaybeCompress(request, response);
  }
}

}  // namespace tidemark::server
