#include "storage/series_record.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/status_macros.h"
#include "model/varint.h"

namespace tidemark::storage {
namespace {

static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");

using model::AppendVarint;

constexpr size_t kWord = sizeof(uint64_t);

uint64_t DifferentBits(const char* a, const char* b) {
  uint64_t x = 0;
  uint64_t y = 0;
  std::memcpy(&x, a, kWord);
  std::memcpy(&y, b, kWord);
  return x ^ y;
}

// How many first bytes the two have in common.
size_t CommonPrefix(std::string_view a, std::string_view b) {
  const size_t most = std::min(a.size(), b.size());
  size_t n = 0;
  for (; n + kWord <= most; n += kWord) {
    if (const uint64_t bits = DifferentBits(a.data() + n, b.data() + n); bits != 0) {
      return n + static_cast<size_t>(std::countr_zero(bits)) / 8;
    }
  }
  while (n < most && a[n] == b[n]) {
    ++n;
  }
  return n;
}

// How many last bytes the two have in common.
size_t CommonSuffix(std::string_view a, std::string_view b) {
  const size_t most = std::min(a.size(), b.size());
  const char* const a_end = a.data() + a.size();
  const char* const b_end = b.data() + b.size();
  size_t n = 0;
  for (; n + kWord <= most; n += kWord) {
    if (const uint64_t bits = DifferentBits(a_end - n - kWord, b_end - n - kWord); bits != 0) {
      return n + static_cast<size_t>(std::countl_zero(bits)) / 8;
    }
  }
  while (n < most &&
         a_end[-1 - static_cast<ptrdiff_t>(n)] == b_end[-1 - static_cast<ptrdiff_t>(n)]) {
    ++n;
  }
  return n;
}

absl::Status Malformed() { return absl::DataLossError("series record is malformed"); }

class Reader {
 public:
  explicit Reader(std::string_view body) : p_(body.data()), end_(p_ + body.size()) {}

  bool done() const { return p_ == end_; }

  // Reads the next definition; false when the bytes are none.
  bool Next(SeriesRecord* record) {
    uint64_t step = 0;
    uint64_t metric = 0;
    uint64_t prefix = 0;
    uint64_t suffix = 0;
    uint64_t length = 0;
    for (uint64_t* field : {&step, &metric, &prefix, &suffix, &length}) {
      if ((p_ = model::GetVarint(p_, end_, field)) == nullptr) {
        return false;
      }
    }
    if (prefix > labels_.size() || suffix > labels_.size() - prefix ||
        length > static_cast<size_t>(end_ - p_) || metric > UINT32_MAX) {
      return false;
    }
    labels_.replace(prefix, labels_.size() - prefix - suffix, p_, length);
    p_ += length;
    // Modulo 2^32, as written.
    ref_ += 1 + static_cast<SeriesRef>(model::UnZigZag(step));
    *record = {ref_, static_cast<MetricId>(metric), model::LabelsView(labels_)};
    return model::IsCanonical(labels_);
  }

 private:
  const char* p_;
  const char* const end_;
  SeriesRef ref_ = kNoSeries;
  std::string labels_;  // of the definition before
};

}  // namespace

void SeriesRecordWriter::Add(const SeriesRecord& series) {
  const std::string_view labels = series.labels.bytes();
  const size_t prefix = CommonPrefix(last_labels_, labels);
  const size_t suffix =
      CommonSuffix(std::string_view(last_labels_).substr(prefix), labels.substr(prefix));
  const std::string_view rest = labels.substr(prefix, labels.size() - prefix - suffix);
  AppendVarint(model::ZigZag(int64_t{series.ref} - last_ref_ - 1), &body_);
  AppendVarint(series.metric_id, &body_);
  AppendVarint(prefix, &body_);
  AppendVarint(suffix, &body_);
  AppendVarint(rest.size(), &body_);
  body_.append(rest);
  last_ref_ = series.ref;
  last_labels_.assign(labels);
}

void SeriesRecordWriter::Clear() {
  body_.clear();
  last_labels_.clear();
  last_ref_ = kNoSeries;
}

absl::Status ReadSeriesRecord(std::string_view body,
                              absl::FunctionRef<absl::Status(const SeriesRecord&)> visit) {
  Reader reader(body);
  while (!reader.done()) {
    SeriesRecord record;
    if (!reader.Next(&record)) {
      return Malformed();
    }
    RETURN_IF_ERROR(visit(record));
  }
  return absl::OkStatus();
}

}  // namespace tidemark::storage
