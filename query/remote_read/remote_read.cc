#include "query/remote_read/remote_read.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "base/crc32c.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "proto/prometheus/remote_read.pb.h"
#include "query/remote_read/xor_chunk.h"

namespace tidemark::query {
namespace {

// Bytes of chunks after which a frame of the stream is closed.
constexpr size_t kFrameBytes = 1 << 20;

model::MatchType TypeOf(prometheus::LabelMatcher::Type type) {
  switch (type) {
    case prometheus::LabelMatcher::NEQ:
      return model::MatchType::kNotEqual;
    case prometheus::LabelMatcher::RE:
      return model::MatchType::kRegexp;
    case prometheus::LabelMatcher::NRE:
      return model::MatchType::kNotRegexp;
    default:
      return model::MatchType::kEqual;
  }
}

absl::StatusOr<std::vector<model::Matcher>> MatchersOf(const prometheus::Query& query) {
  std::vector<model::Matcher> matchers;
  for (const prometheus::LabelMatcher& matcher : query.matchers()) {
    ASSIGN_OR_RETURN(model::Matcher made, model::Matcher::Create(TypeOf(matcher.type()),
                                                                 matcher.name(), matcher.value()));
    matchers.push_back(std::move(made));
  }
  return matchers;
}

struct RawSeries {
  model::LabelsView labels;  // of the series set
  storage::SampleColumns samples;
};

// What one query selects. The set keeps the labels.
struct RawAnswer {
  std::unique_ptr<storage::SeriesSet> set;
  std::vector<RawSeries> series;  // in order of labels, none empty
};

// Reads the queries of one request within its limits.
class RawReader {
 public:
  RawReader(const storage::Querier& querier, const RemoteReadOptions& options)
      : querier_(querier), options_(options) {}

  absl::StatusOr<RawAnswer> Read(const prometheus::Query& query) {
    ASSIGN_OR_RETURN(const std::vector<model::Matcher> matchers, MatchersOf(query));
    storage::Selection selection;
    selection.min_time = query.start_timestamp_ms();
    selection.max_time = query.end_timestamp_ms();
    selection.matchers = matchers;
    RawAnswer answer;
    ASSIGN_OR_RETURN(answer.set, querier_.Select(selection));
    while (answer.set->Next()) {
      RawSeries series{answer.set->labels(), {}};
      RETURN_IF_ERROR(answer.set->Read(&series.samples));
      RETURN_IF_ERROR(Count(series.samples.size()));
      if (series.samples.size() > 0) {
        answer.series.push_back(std::move(series));
      }
    }
    std::sort(
        answer.series.begin(), answer.series.end(),
        [](const RawSeries& a, const RawSeries& b) { return Compare(a.labels, b.labels) < 0; });
    return answer;
  }

 private:
  absl::Status Count(size_t samples) {
    samples_ += samples;
    if (samples_ > options_.max_samples) {
      return absl::InvalidArgumentError(
          fmt::format("exceeded sample limit ({})", options_.max_samples));
    }
    if (options_.cancelled != nullptr && options_.cancelled->load(std::memory_order_relaxed)) {
      return absl::CancelledError("remote read was canceled");
    }
    return absl::OkStatus();
  }

  const storage::Querier& querier_;
  const RemoteReadOptions& options_;
  size_t samples_ = 0;
};

template <typename Message>
void SetLabels(model::LabelsView labels, Message* message) {
  for (const model::LabelView& label : labels) {
    prometheus::Label* added = message->add_labels();
    added->set_name(std::string(label.name));
    added->set_value(std::string(label.value));
  }
}

absl::Status AppendSamples(RawReader* reader, const prometheus::ReadRequest& request,
                           std::string* body) {
  prometheus::ReadResponse response;
  for (const prometheus::Query& query : request.queries()) {
    ASSIGN_OR_RETURN(const RawAnswer answer, reader->Read(query));
    prometheus::QueryResult* result = response.add_results();
    for (const RawSeries& series : answer.series) {
      prometheus::TimeSeries* message = result->add_timeseries();
      SetLabels(series.labels, message);
      for (size_t i = 0; i < series.samples.size(); ++i) {
        prometheus::Sample* sample = message->add_samples();
        sample->set_timestamp(series.samples.timestamps[i]);
        sample->set_value(series.samples.values[i]);
      }
    }
  }
  return response.AppendToString(body) ? absl::OkStatus()
                                       : absl::InternalError("answer is too large to be encoded");
}

// A frame: uvarint length, CRC-32C of the message (big-endian), message.
void AppendFrame(const prometheus::ChunkedReadResponse& response, std::string* body) {
  const std::string message = response.SerializeAsString();
  uint64_t length = message.size();
  for (; length >= 0x80; length >>= 7) {
    body->push_back(static_cast<char>(length | 0x80));
  }
  body->push_back(static_cast<char>(length));
  const uint32_t crc = base::Crc32c(message);
  for (int shift = 24; shift >= 0; shift -= 8) {
    body->push_back(static_cast<char>(crc >> shift));
  }
  *body += message;
}

// One series as frames of its own: a reader takes a series whose chunks go on in the next frame.
void AppendChunked(const RawSeries& series, int64_t query_index, std::string* body) {
  const std::span<const model::Timestamp> times(series.samples.timestamps);
  const std::span<const double> values(series.samples.values);
  for (size_t at = 0; at < times.size();) {
    prometheus::ChunkedReadResponse response;
    response.set_query_index(query_index);
    prometheus::ChunkedSeries* chunked = response.add_chunked_series();
    SetLabels(series.labels, chunked);
    for (size_t bytes = 0; at < times.size() && bytes < kFrameBytes;) {
      const size_t count = std::min(kXorChunkSamples, times.size() - at);
      prometheus::Chunk* chunk = chunked->add_chunks();
      chunk->set_min_time_ms(times[at]);
      chunk->set_max_time_ms(times[at + count - 1]);
      chunk->set_type(prometheus::Chunk::XOR);
      AppendXorChunk(times.subspan(at, count), values.subspan(at, count), chunk->mutable_data());
      bytes += chunk->data().size();
      at += count;
    }
    AppendFrame(response, body);
  }
}

absl::Status AppendChunks(RawReader* reader, const prometheus::ReadRequest& request,
                          std::string* body) {
  for (int i = 0; i < request.queries_size(); ++i) {
    ASSIGN_OR_RETURN(const RawAnswer answer, reader->Read(request.queries(i)));
    for (const RawSeries& series : answer.series) {
      AppendChunked(series, i, body);
    }
  }
  return absl::OkStatus();
}

bool WantsChunks(const prometheus::ReadRequest& request) {
  for (const int type : request.accepted_response_types()) {
    if (type == prometheus::ReadRequest::SAMPLES ||
        type == prometheus::ReadRequest::STREAMED_XOR_CHUNKS) {
      return type == prometheus::ReadRequest::STREAMED_XOR_CHUNKS;
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<RemoteReadAnswer> AnswerRemoteRead(const storage::Querier& querier,
                                                  std::string_view bytes,
                                                  const RemoteReadOptions& options) {
  prometheus::ReadRequest request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::InvalidArgumentError("malformed ReadRequest");
  }
  RawReader reader(querier, options);
  RemoteReadAnswer answer;
  answer.streamed = WantsChunks(request);
  RETURN_IF_ERROR(answer.streamed ? AppendChunks(&reader, request, &answer.body)
                                  : AppendSamples(&reader, request, &answer.body));
  return answer;
}

}  // namespace tidemark::query
