#include "query/api/result_json.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <limits>

#include "query/api/json_text.h"
#include "query/engine/number_text.h"

namespace tidemark::query {
namespace {

// Magnitudes outside of [kLeastPlain, kExponentFrom) are written with an exponent.
constexpr double kLeastPlain = 1e-6;
constexpr double kExponentFrom = 1e21;

void AppendVector(const QueryResult& result, std::string* json) {
  json->push_back('[');
  for (size_t i = 0; i < result.vector.size(); ++i) {
    json->append(i == 0 ? "{\"metric\":" : ",{\"metric\":");
    AppendLabels(result.vector[i].labels, json);
    json->append(",\"value\":");
    AppendPoint(result.time, result.vector[i].value, json);
    json->push_back('}');
  }
  json->push_back(']');
}

void AppendMatrixSeries(const MatrixSeries& series, std::string* json) {
  json->append("{\"metric\":");
  AppendLabels(series.labels, json);
  json->append(",\"values\":[");
  for (size_t i = 0; i < series.samples.size(); ++i) {
    if (i > 0) {
      json->push_back(',');
    }
    AppendPoint(series.samples[i].t, series.samples[i].v, json);
  }
  json->append("]}");
}

void AppendMatrix(const QueryResult& result, std::string* json) {
  json->push_back('[');
  for (size_t i = 0; i < result.matrix.size(); ++i) {
    if (i > 0) {
      json->push_back(',');
    }
    AppendMatrixSeries(result.matrix[i], json);
  }
  json->push_back(']');
}

// A scalar never has an exponent.
void AppendScalar(const QueryResult& result, std::string* json) {
  json->push_back('[');
  AppendTime(result.time, json);
  json->append(",\"");
  AppendPlain(result.scalar, json);
  json->append("\"]");
}

void AppendText(const QueryResult& result, std::string* json) {
  json->push_back('[');
  AppendTime(result.time, json);
  json->push_back(',');
  AppendJsonString(result.text, json);
  json->push_back(']');
}

}  // namespace

void AppendQueryData(const QueryResult& result, std::string* json) {
  json->append("{\"resultType\":\"").append(TypeName(result.type)).append("\",\"result\":");
  switch (result.type) {
    case ValueType::kScalar:
      AppendScalar(result, json);
      break;
    case ValueType::kString:
      AppendText(result, json);
      break;
    case ValueType::kVector:
      AppendVector(result, json);
      break;
    case ValueType::kMatrix:
      AppendMatrix(result, json);
      break;
  }
  json->push_back('}');
}

void AppendPoint(model::Timestamp t, double v, std::string* json) {
  json->push_back('[');
  AppendTime(t, json);
  json->append(",\"");
  AppendSampleValue(v, json);
  json->append("\"]");
}

void AppendSampleValue(double v, std::string* json) {
  const double magnitude = std::abs(v);
  if (v == 0 || (magnitude >= kLeastPlain && magnitude < kExponentFrom)) {
    AppendPlain(v, json);
  } else {
    AppendExponent(v, json);
  }
}

void AppendTime(model::Timestamp t, std::string* json) {
  const int64_t seconds = t / 1000;
  const int64_t ms = std::abs(t % 1000);
  const std::string_view sign = t < 0 && seconds == 0 ? "-" : "";
  json->append(sign);
  char text[std::numeric_limits<int64_t>::digits10 + 2];
  json->append(text, std::to_chars(text, std::end(text), seconds).ptr);
  if (ms != 0) {
    const auto digit = [ms](int64_t unit) { return static_cast<char>('0' + ms / unit % 10); };
    json->append({'.', digit(100), digit(10), digit(1)});
  }
}

void AppendLabels(model::LabelsView labels, std::string* json) {
  json->push_back('{');
  bool first = true;
  for (const model::LabelView& label : labels) {
    if (!first) {
      json->push_back(',');
    }
    first = false;
    AppendJsonString(label.name, json);
    json->push_back(':');
    AppendJsonString(label.value, json);
  }
  json->push_back('}');
}

}  // namespace tidemark::query
