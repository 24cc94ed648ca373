#include "tests/testing/query_client.h"

#include <cmath>
#include <cstdlib>
#include <utility>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "rapidjson/document.h"

namespace tidemark::testing {
namespace {

using Json = rapidjson::Value;

std::string Seconds(int64_t ms) { return fmt::format("{}.{:03}", ms / 1000, ms % 1000); }

std::string Text(const Json& json) { return {json.GetString(), json.GetStringLength()}; }

AnswerSeries::Point ReadPoint(const Json& pair) {
  return {.t = std::llround(pair[0].GetDouble() * 1000), .value = Text(pair[1])};
}

AnswerSeries ReadSeries(const Json& json) {
  AnswerSeries series;
  for (const auto& label : json["metric"].GetObject()) {
    series.labels.emplace(Text(label.name), Text(label.value));
  }
  if (json.HasMember("value")) {
    series.points.push_back(ReadPoint(json["value"]));
  }
  if (json.HasMember("values")) {
    for (const Json& point : json["values"].GetArray()) {
      series.points.push_back(ReadPoint(point));
    }
  }
  return series;
}

QueryAnswer ReadData(const Json& data) {
  QueryAnswer answer;
  answer.type = Text(data["resultType"]);
  const Json& result = data["result"];
  if (answer.type == "scalar" || answer.type == "string") {
    answer.series.push_back({.labels = {}, .points = {ReadPoint(result)}});
    return answer;
  }
  for (const Json& series : result.GetArray()) {
    answer.series.push_back(ReadSeries(series));
  }
  return answer;
}

absl::StatusCode ErrorCode(int http_status) {
  switch (http_status) {
    case 400:
      return absl::StatusCode::kInvalidArgument;
    case 422:
      return absl::StatusCode::kFailedPrecondition;
    default:
      return absl::StatusCode::kInternal;
  }
}

}  // namespace

double ParseValue(const std::string& text) { return std::strtod(text.c_str(), nullptr); }

absl::StatusOr<QueryAnswer> QueryClient::Instant(std::string_view expr, model::Timestamp t) {
  return Ask("/api/v1/query", {{"query", std::string(expr)}, {"time", Seconds(t)}});
}

absl::StatusOr<QueryAnswer> QueryClient::Range(std::string_view expr, model::Timestamp start,
                                               model::Timestamp end, int64_t step_ms) {
  return Ask("/api/v1/query_range", {{"query", std::string(expr)},
                                     {"start", Seconds(start)},
                                     {"end", Seconds(end)},
                                     {"step", Seconds(step_ms)}});
}

absl::StatusOr<QueryAnswer> QueryClient::Ask(std::string_view path, const Pairs& parameters) {
  ASSIGN_OR_RETURN(const HttpResponse response, http_.PostForm(path, parameters));
  return ReadAnswer(response);
}

absl::StatusOr<QueryAnswer> ReadAnswer(const HttpResponse& response) {
  rapidjson::Document json;
  json.Parse(response.body.data(), response.body.size());
  if (response.status != 200 || json.HasParseError() || !json.IsObject() ||
      !json.HasMember("data")) {
    return absl::Status(ErrorCode(response.status),
                        fmt::format("{}: {}", response.status, response.body));
  }
  return ReadData(json["data"]);
}

}  // namespace tidemark::testing
