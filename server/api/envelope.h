// The JSON object that every answer of /api/v1 is wrapped in.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/http/message.h"

namespace tidemark::server {

enum class ApiErrorType {
  kBadData,      // 400
  kExecution,    // 422
  kCanceled,     // 499
  kTimeout,      // 503
  kInternal,     // 500
  kUnavailable,  // 500
  kNotFound,     // 404
};

HttpResponse ApiError(ApiErrorType type, std::string_view text);

// 400 `invalid parameter "NAME": CAUSE`.
HttpResponse InvalidParameter(std::string_view name, const absl::Status& cause);
HttpResponse InvalidParameter(std::string_view name, std::string_view cause);

// The answer to a failed look-up of series or labels.
HttpResponse LookupError(const absl::Status& status);

// What goes along with the data of a success.
struct Annotations {
  std::vector<std::string> warnings;
  std::vector<std::string> infos;
};

// 200 with whatever JSON value `append_data` appends as its data.
HttpResponse ApiSuccess(const std::function<void(std::string*)>& append_data,
                        const Annotations& annotations = {});

// Appends ["a","b"].
void AppendJsonStrings(const std::vector<std::string>& texts, std::string* json);

}  // namespace tidemark::server
