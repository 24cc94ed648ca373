#include "query/remote_read/remote_read.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/crc32c.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "model/varint.h"
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

// Reads the queries of one request within its limits. What becomes of a series is appended to a
// text as soon as it has been read; the pieces are put in order of labels at the end.
class RawReader {
 public:
  using Encode =
      absl::FunctionRef<void(model::LabelsView, const storage::SampleColumns&, std::string* text)>;

  RawReader(const storage::Querier& querier, const RemoteReadOptions& options)
      : querier_(querier), options_(options) {}

  // Appends what `encode` makes of the series selected, in order of their labels. Series without
  // samples are left out.
  absl::Status Read(const prometheus::Query& query, Encode encode, std::string* body) {
    ASSIGN_OR_RETURN(const std::vector<model::Matcher> matchers, MatchersOf(query));
    storage::Selection selection;
    selection.min_time = query.start_timestamp_ms();
    selection.max_time = query.end_timestamp_ms();
    selection.matchers = matchers;
    ASSIGN_OR_RETURN(const auto set, querier_.Select(selection));
    std::vector<Piece> pieces;
    std::string text;
    storage::SampleColumns samples;
    while (set->Next()) {
      samples.clear();
      RETURN_IF_ERROR(set->Read(&samples));
      RETURN_IF_ERROR(Count(samples.size()));
      if (samples.size() > 0) {
        const size_t begin = text.size();
        encode(set->labels(), samples, &text);
        pieces.push_back({set->labels(), begin, text.size() - begin});
      }
    }
    AppendInOrder(std::move(pieces), text, body);
    return absl::OkStatus();
  }

 private:
  struct Piece {
    model::LabelsView labels;  // of the series set
    size_t begin = 0;
    size_t size = 0;
  };

  static void AppendInOrder(std::vector<Piece> pieces, std::string_view text, std::string* body) {
    std::sort(pieces.begin(), pieces.end(),
              [](const Piece& a, const Piece& b) { return Compare(a.labels, b.labels) < 0; });
    body->reserve(body->size() + text.size());
    for (const Piece& piece : pieces) {
      body->append(text.substr(piece.begin, piece.size));
    }
  }

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

// Appends a series as the one field of a result: the texts of messages that have parts of the
// fields of another, one behind the other, are the text of the other.
void AppendSeries(model::LabelsView labels, const storage::SampleColumns& samples,
                  std::string* text) {
  prometheus::QueryResult result;
  prometheus::TimeSeries* series = result.add_timeseries();
  SetLabels(labels, series);
  for (size_t i = 0; i < samples.size(); ++i) {
    prometheus::Sample* sample = series->add_samples();
    sample->set_timestamp(samples.timestamps[i]);
    sample->set_value(samples.values[i]);
  }
  result.AppendToString(text);
}

// One message, a field a query.
absl::Status AppendSamples(RawReader* reader, const prometheus::ReadRequest& request,
                           std::string* body) {
  constexpr char kResults = prometheus::ReadResponse::kResultsFieldNumber << 3 | 2;
  for (const prometheus::Query& query : request.queries()) {
    std::string result;
    RETURN_IF_ERROR(reader->Read(query, AppendSeries, &result));
    body->push_back(kResults);
    model::AppendVarint(result.size(), body);
    *body += result;
  }
  return absl::OkStatus();
}

// A frame: uvarint length, CRC-32C of the message (big-endian), message.
void AppendFrame(const prometheus::ChunkedReadResponse& response, std::string* body) {
  const std::string message = response.SerializeAsString();
  model::AppendVarint(message.size(), body);
  const uint32_t crc = base::Crc32c(message);
  for (int shift = 24; shift >= 0; shift -= 8) {
    body->push_back(static_cast<char>(crc >> shift));
  }
  *body += message;
}

// One series as frames of its own: a reader takes a series whose chunks go on in the next frame.
void AppendChunked(model::LabelsView labels, const storage::SampleColumns& samples,
                   int64_t query_index, std::string* body) {
  const std::span<const model::Timestamp> times(samples.timestamps);
  const std::span<const double> values(samples.values);
  for (size_t at = 0; at < times.size();) {
    prometheus::ChunkedReadResponse response;
    response.set_query_index(query_index);
    prometheus::ChunkedSeries* chunked = response.add_chunked_series();
    SetLabels(labels, chunked);
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
    const auto encode = [i](model::LabelsView labels, const storage::SampleColumns& samples,
                            std::string* text) { AppendChunked(labels, samples, i, text); };
    RETURN_IF_ERROR(reader->Read(request.queries(i), encode, body));
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
