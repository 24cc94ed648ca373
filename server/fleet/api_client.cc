#include "server/fleet/api_client.h"

#include "base/status_macros.h"
#include "fmt/format.h"
#include "net/http_client.h"
#include "net/url.h"
#include "server/fleet/wait_notice.h"

namespace tidemark::server {
namespace {

constexpr size_t kMaxAnswerBytes = size_t{1} << 30;

std::string PercentEncode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

std::string FormText(const FormPairs& form) {
  std::string text;
  for (const auto& [name, value] : form) {
    text +=
        fmt::format("{}{}={}", text.empty() ? "" : "&", PercentEncode(name), PercentEncode(value));
  }
  return text;
}

// What the server says of its refusal.
std::string CauseIn(const std::string& body) {
  rapidjson::Document document;
  document.Parse(body.c_str());
  const bool told = !document.HasParseError() && document.IsObject() &&
                    document.HasMember("error") && document["error"].IsString();
  return told ? document["error"].GetString() : body;
}

}  // namespace

absl::StatusOr<std::string> AskServer(const ServerAddress& server, std::string_view path,
                                      const FormPairs& form) {
  ASSIGN_OR_RETURN(net::Url url, net::ParseUrl(server.url));
  while (url.path.ends_with('/')) {
    url.path.pop_back();
  }
  url.path += path;
  net::HttpClientOptions options;
  options.timeout_ms = server.timeout_ms;
  options.max_answer_bytes = kMaxAnswerBytes;
  net::HttpClient client(url, options);
  const WaitNotice notice(WaitNotice::Terminal(), server.url);
  auto answer = form.empty() ? client.Get()
                             : client.Post("application/x-www-form-urlencoded", FormText(form));
  if (!answer.ok()) {
    return base::Annotate(answer.status(), fmt::format("ask {}", server.url));
  }
  if (answer->status / 100 != 2) {
    return absl::FailedPreconditionError(
        fmt::format("{} answers {}: {}", server.url, answer->status, CauseIn(answer->body)));
  }
  return std::move(answer->body);
}

absl::StatusOr<rapidjson::Document> AskServerForJson(const ServerAddress& server,
                                                     std::string_view path, const FormPairs& form) {
  ASSIGN_OR_RETURN(const std::string body, AskServer(server, path, form));
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(body.c_str(), body.size());
  if (document.HasParseError() || !document.IsObject() || !document.HasMember("data")) {
    return absl::DataLossError(fmt::format("what {} answers is not of the API", server.url));
  }
  return document;
}

}  // namespace tidemark::server
