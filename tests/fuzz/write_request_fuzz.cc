// Everything between the body of a write request and its label sets, on any bytes. The input is
// taken twice: as a compressed body, and as what a body unpacks to. What unpacks must be read by
// the scanner as by the protobuf library, and every series must be refused or become canonical.
#include <snappy.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "ingest/label_rules.h"
#include "ingest/snappy_body.h"
#include "ingest/utf8.h"
#include "ingest/write_request_scanner.h"
#include "tests/ingest/scan_comparison.h"

namespace tidemark::ingest {
namespace {

constexpr size_t kMaxBytes = 1U << 20;

void CheckSeries(std::string_view label_bytes) {
  const absl::StatusOr<model::Labels> labels = Canonicalize(label_bytes, LabelLimits());
  TIDEMARK_CHECK(!IsPlainCanonical(label_bytes, LabelLimits()) ||
                     (labels.ok() && labels->bytes() == label_bytes),
                 "what is no label set is taken for a plain one");
  if (!labels.ok()) {
    const absl::string_view message = labels.status().message();
    TIDEMARK_CHECK(IsValidUtf8({message.data(), message.size()}), "error text is not UTF-8");
    return;
  }
  TIDEMARK_CHECK(model::IsCanonical(labels->bytes()), "labels are not canonical");
  TIDEMARK_CHECK(Canonicalize(labels->bytes(), LabelLimits()).value() == *labels,
                 "canonical labels do not stay as they are");
}

void CheckBody(std::string_view body) {
  const std::string difference = CompareWithLibrary(body);
  TIDEMARK_CHECK(difference.empty(), "{}", difference);
  ScanResult result;
  if (!ScanWriteRequest(body, nullptr, &result).ok()) {
    return;
  }
  for (const ScannedSeries& series : result.series()) {
    CheckSeries(series.label_bytes);
  }
}

void CheckCompressed(std::string_view compressed) {
  Buffer buffer;
  std::string expected;
  if (DecompressBody(compressed, kMaxBytes, &buffer).ok()) {
    TIDEMARK_CHECK(snappy::Uncompress(compressed.data(), compressed.size(), &expected) &&
                       expected == buffer.view(),
                   "the library unpacks it otherwise");
    CheckBody(buffer.view());
  }
}

}  // namespace
}  // namespace tidemark::ingest

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  tidemark::ingest::CheckCompressed(bytes);
  tidemark::ingest::CheckBody(bytes);
  tidemark::ingest::CheckSeries(bytes);
  return 0;
}
