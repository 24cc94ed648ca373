#include "server/grpc/query_messages.h"

#include "server/grpc/message_text.h"

namespace tidemark::server {
namespace {

void SetSample(model::Timestamp t, double value, v1::Sample* message) {
  message->set_t_ms(t);
  message->set_value(value);
}

void SetVector(const query::QueryResult& result, v1::Vector* message) {
  for (const query::VectorSample& sample : result.vector) {
    v1::VectorSample* const shown = message->add_samples();
    SetLabels(sample.labels, shown->mutable_labels());
    SetSample(result.time, sample.value, shown->mutable_sample());
  }
}

}  // namespace

void SetSeries(const query::MatrixSeries& series, v1::Series* message) {
  message->Clear();
  SetLabels(series.labels, message->mutable_labels());
  message->mutable_t_ms()->Reserve(static_cast<int>(series.samples.size()));
  message->mutable_values()->Reserve(static_cast<int>(series.samples.size()));
  for (const model::Sample& sample : series.samples) {
    message->add_t_ms(sample.t);
    message->add_values(sample.v);
  }
}

v1::QueryResponse ResponseOf(const query::QueryResult& result) {
  v1::QueryResponse message;
  switch (result.type) {
    case query::ValueType::kScalar:
      SetSample(result.time, result.scalar, message.mutable_scalar());
      break;
    case query::ValueType::kString:
      message.set_text(Utf8Text(result.text));
      break;
    case query::ValueType::kVector:
      SetVector(result, message.mutable_vector());
      break;
    case query::ValueType::kMatrix:
      message.mutable_matrix();
      for (const query::MatrixSeries& series : result.matrix) {
        SetSeries(series, message.mutable_matrix()->add_series());
      }
      break;
  }
  for (const std::string& warning : result.warnings) {
    message.add_warnings(Utf8Text(warning));
  }
  return message;
}

}  // namespace tidemark::server
