// The scripts of tests/promql once more, over HTTP: what the engine gives must survive the API.

#include <cmath>

#include "fmt/format.h"
#include "gtest/gtest.h"
#include "query/engine/number_text.h"
#include "rapidjson/document.h"
#include "tests/query/engine/promql_script.h"
#include "tests/query/engine/script_files.h"
#include "tests/server/testing/api_server.h"
#include "tests/server/testing/http_client.h"
#include "tests/testing/http_client.h"

namespace tidemark::server {
namespace {

using Json = rapidjson::Value;

constexpr std::string_view kForm = "Content-Type: application/x-www-form-urlencoded\r\n";

std::string Text(const Json& json) { return {json.GetString(), json.GetStringLength()}; }

model::Labels ReadLabels(const Json& metric) {
  std::vector<std::pair<std::string, std::string>> labels;
  for (const auto& label : metric.GetObject()) {
    labels.emplace_back(Text(label.name), Text(label.value));
  }
  return model::Labels::Of(std::move(labels));
}

model::Sample ReadSample(const Json& pair) {
  return {std::llround(pair[0].GetDouble() * 1000), *query::ParseFloat(Text(pair[1]))};
}

std::vector<std::string> ReadTexts(const Json& json, const char* key) {
  std::vector<std::string> texts;
  if (json.HasMember(key)) {
    for (const Json& text : json[key].GetArray()) {
      texts.push_back(Text(text));
    }
  }
  return texts;
}

void ReadVector(const Json& result, query::QueryResult* out) {
  for (const Json& series : result.GetArray()) {
    out->vector.push_back({ReadLabels(series["metric"]), ReadSample(series["value"]).v});
  }
}

void ReadMatrix(const Json& result, query::QueryResult* out) {
  for (const Json& series : result.GetArray()) {
    query::MatrixSeries matrix{ReadLabels(series["metric"]), {}};
    for (const Json& pair : series["values"].GetArray()) {
      matrix.samples.push_back(ReadSample(pair));
    }
    out->matrix.push_back(std::move(matrix));
  }
}

query::QueryResult ReadResult(const Json& json) {
  query::QueryResult out;
  const std::string type = Text(json["data"]["resultType"]);
  const Json& result = json["data"]["result"];
  if (type == "vector") {
    out.type = query::ValueType::kVector;
    ReadVector(result, &out);
  } else if (type == "matrix") {
    out.type = query::ValueType::kMatrix;
    ReadMatrix(result, &out);
  } else if (type == "scalar") {
    out.type = query::ValueType::kScalar;
    out.scalar = ReadSample(result).v;
  } else {
    out.type = query::ValueType::kString;
    out.text = Text(result[1]);
  }
  out.warnings = ReadTexts(json, "warnings");
  out.infos = ReadTexts(json, "infos");
  return out;
}

class HttpTarget final : public query::ScriptTarget {
 public:
  HttpTarget() : server_(Options()), client_(server_.port()) { server_.SetReady(); }

  ::tidemark::testing::MemoryQuerier& store() override { return server_.store(); }

  absl::StatusOr<query::QueryResult> Instant(std::string_view expr, model::Timestamp t) override {
    return Ask("/api/v1/query", {{"query", std::string(expr)}, {"time", Seconds(t)}});
  }
  absl::StatusOr<query::QueryResult> Range(std::string_view expr, model::Timestamp start,
                                           model::Timestamp end, int64_t step_ms) override {
    return Ask("/api/v1/query_range", {{"query", std::string(expr)},
                                       {"start", Seconds(start)},
                                       {"end", Seconds(end)},
                                       {"step", Seconds(step_ms)}});
  }

 private:
  static testing::ApiServerOptions Options() {
    testing::ApiServerOptions options;
    options.engine = query::ScriptLanguage();
    return options;
  }

  static std::string Seconds(int64_t ms) {
    return fmt::format("{:.3f}", static_cast<double>(ms) / 1000);
  }

  absl::StatusOr<query::QueryResult> Ask(std::string_view path,
                                         const ::tidemark::testing::Pairs& parameters) {
    const testing::ClientResponse response =
        client_.Post(path, ::tidemark::testing::FormEncode(parameters), kForm);
    rapidjson::Document json;
    json.Parse(response.body.data(), response.body.size());
    if (json.HasParseError() || !json.IsObject()) {
      return absl::InternalError("no JSON: " + response.body);
    }
    if (response.status != 200) {
      return absl::FailedPreconditionError(Text(json["error"]));
    }
    return ReadResult(json);
  }

  testing::ApiServer server_;
  testing::HttpClient client_;
};

class PromqlScriptsOverHttp : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(PromqlScriptsOverHttp, MeetTheirExpectations) {
  HttpTarget target;
  for (const std::string& failure :
       query::PromqlScript(&target).Run(query::ReadScript(GetParam()))) {
    ADD_FAILURE() << GetParam().filename().string() << " " << failure;
  }
}

INSTANTIATE_TEST_SUITE_P(All, PromqlScriptsOverHttp, ::testing::ValuesIn(query::ScriptFiles()),
                         [](const ::testing::TestParamInfo<std::filesystem::path>& file) {
                           return file.param.stem().string();
                         });

}  // namespace
}  // namespace tidemark::server
