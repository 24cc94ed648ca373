// Every point has a comma behind it but the last of its series, so the text of a whole block that
// others follow is the same in every answer.
#include "server/api/matrix_answer.h"

#include <string>
#include <utility>

#include "query/api/result_json.h"
#include "server/http/gzip_builder.h"

namespace tidemark::server {
namespace {

using query::EncodedText;
using query::ResultBlock;
using query::ResultBlocks;

constexpr uint64_t kWhole = ~uint64_t{0};
constexpr size_t kBytesPerPoint = 24;

// Appends the points of a block with commas behind them.
void AppendPoints(const ResultBlocks& blocks, int64_t number, const ResultBlock& block,
                  uint64_t mask, std::string* json) {
  const int64_t begin = number * ResultBlock::kSteps;
  block.ForEach(mask, [&](size_t place, double v) {
    query::AppendPoint(blocks.grid().At(begin + static_cast<int64_t>(place)), v, json);
    json->push_back(',');
  });
}

// A body that is gathered as text.
class PlainBody {
 public:
  explicit PlainBody(size_t points) { text_.reserve(points * kBytesPerPoint); }
  std::string* text() { return &text_; }
  void AppendWhole(const ResultBlocks& blocks, int64_t number, const ResultBlock& block) {
    AppendPoints(blocks, number, block, kWhole, &text_);
  }
  HttpResponse Finish() {
    HttpResponse response;
    response.body = std::move(text_);
    return response;
  }

 private:
  std::string text_;
};

// A body that is compressed.
class GzipBody {
 public:
  std::string* text() { return gzip_.text(); }
  void AppendWhole(const ResultBlocks& blocks, int64_t number, const ResultBlock& block) {
    const EncodedText& piece = block.Encoded([&] {
      std::string points;
      AppendPoints(blocks, number, block, kWhole, &points);
      return EncodedText{gzip_.Deflate(points), Crc32(points),
                         static_cast<uint32_t>(points.size())};
    });
    gzip_.AppendDeflated(piece.bytes, piece.crc, piece.size);
  }
  HttpResponse Finish() {
    HttpResponse response;
    response.body = gzip_.Finish();
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.headers.emplace_back("Vary", "Accept-Encoding");
    return response;
  }

 private:
  GzipBuilder gzip_;
};

// Appends the points of a series in the steps of the answer; false, and nothing, if there are none.
template <typename Body>
bool AppendSeries(const query::RangeAnswer& answer, const ResultBlocks::Series& series,
                  bool is_first, Body* body) {
  const ResultBlocks& blocks = *answer.blocks;
  const auto points_of = [&](int64_t number) -> uint64_t {
    const ResultBlock* const block = blocks.BlockOf(series, number);
    return block == nullptr
               ? 0
               : block->present() & ResultBlocks::MaskOf(number, answer.first, answer.last);
  };
  int64_t number = ResultBlock::BlockOf(answer.first);
  int64_t last = ResultBlock::BlockOf(answer.last);
  while (last >= number && points_of(last) == 0) {
    --last;
  }
  if (last < number) {
    return false;
  }
  body->text()->append(is_first ? "{\"metric\":" : ",{\"metric\":");
  query::AppendLabels(series.labels, body->text());
  body->text()->append(",\"values\":[");
  for (; number <= last; ++number) {
    const ResultBlock* const block = blocks.BlockOf(series, number);
    if (block == nullptr) {
      continue;
    }
    const uint64_t mask = ResultBlocks::MaskOf(number, answer.first, answer.last);
    if (mask == kWhole && number < last) {
      body->AppendWhole(blocks, number, *block);
    } else {
      AppendPoints(blocks, number, *block, mask, body->text());
    }
  }
  body->text()->back() = ']';
  body->text()->push_back('}');
  return true;
}

template <typename Body>
HttpResponse Write(const query::RangeAnswer& answer, Body&& body) {
  body.text()->append(R"({"status":"success","data":{"resultType":"matrix","result":[)");
  bool is_first = true;
  for (const ResultBlocks::Series& series : answer.blocks->series()) {
    is_first = !AppendSeries(answer, series, is_first, &body) && is_first;
  }
  body.text()->append("]}}");
  HttpResponse response = body.Finish();
  response.content_type = "application/json";
  return response;
}

}  // namespace

HttpResponse MatrixResponse(const query::RangeAnswer& answer, bool gzip) {
  constexpr size_t kFewPoints = 32;
  if (!gzip || answer.blocks->values() < kFewPoints) {
    return Write(answer, PlainBody(answer.blocks->values()));
  }
  return Write(answer, GzipBody());
}

}  // namespace tidemark::server
