#include "server/api/envelope.h"

#include <algorithm>
#include <span>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/api/result_json.h"

namespace tidemark::server {
namespace {

constexpr size_t kAnnotationsShown = 10;

struct ErrorKind {
  std::string_view name;
  int status;
};

ErrorKind KindOf(ApiErrorType type) {
  switch (type) {
    case ApiErrorType::kBadData:
      return {"bad_data", 400};
    case ApiErrorType::kExecution:
      return {"execution", 422};
    case ApiErrorType::kCanceled:
      return {"canceled", 499};
    case ApiErrorType::kTimeout:
      return {"timeout", 503};
    case ApiErrorType::kInternal:
      return {"internal", 500};
    case ApiErrorType::kUnavailable:
      return {"unavailable", 500};
    case ApiErrorType::kNotFound:
      return {"not_found", 404};
  }
  return {"internal", 500};
}

HttpResponse Json(int status, std::string body) {
  HttpResponse response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

void AppendAnnotations(std::string_view key, std::string_view kind,
                       const std::vector<std::string>& all, std::string* json) {
  if (all.empty()) {
    return;
  }
  std::vector<std::string> shown(all.begin(),
                                 all.begin() + std::min(all.size(), kAnnotationsShown));
  if (all.size() > kAnnotationsShown) {
    shown.push_back(
        fmt::format("{} more {} annotations omitted", all.size() - kAnnotationsShown, kind));
  }
  *json += fmt::format(",\"{}\":", key);
  AppendJsonStrings(shown, json);
}

}  // namespace

void AppendJsonStrings(const std::vector<std::string>& texts, std::string* json) {
  json->push_back('[');
  for (const std::string& text : texts) {
    if (&text != texts.data()) {
      json->push_back(',');
    }
    query::AppendJsonString(text, json);
  }
  json->push_back(']');
}

HttpResponse ApiError(ApiErrorType type, std::string_view text) {
  const ErrorKind kind = KindOf(type);
  std::string body = fmt::format(R"({{"status":"error","errorType":"{}","error":)", kind.name);
  query::AppendJsonString(text, &body);
  body += '}';
  return Json(kind.status, std::move(body));
}

HttpResponse InvalidParameter(std::string_view name, std::string_view cause) {
  return ApiError(ApiErrorType::kBadData, fmt::format("invalid parameter \"{}\": {}", name, cause));
}

HttpResponse InvalidParameter(std::string_view name, const absl::Status& cause) {
  return InvalidParameter(name, base::Message(cause));
}

HttpResponse LookupError(const absl::Status& status) {
  return ApiError(ApiErrorType::kExecution, base::Message(status));
}

HttpResponse ApiSuccess(const std::function<void(std::string*)>& append_data,
                        const Annotations& annotations) {
  std::string body = R"({"status":"success","data":)";
  append_data(&body);
  AppendAnnotations("warnings", "warning", annotations.warnings, &body);
  AppendAnnotations("infos", "info", annotations.infos, &body);
  body += '}';
  return Json(200, std::move(body));
}

}  // namespace tidemark::server
