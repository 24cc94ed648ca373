#include "storage/journal_records.h"

#include "base/status_macros.h"
#include "fmt/format.h"
#include "model/varint.h"

namespace tidemark::storage {
namespace {

using model::AppendVarint;

enum RecordType : char { kSeries = 1, kSamples = 2, kMetadata = 3 };

void AppendText(std::string_view text, std::string* out) {
  AppendVarint(text.size(), out);
  out->append(text);
}

void AppendRecord(RecordType type, std::string_view body, std::string* payload) {
  if (!body.empty()) {
    payload->push_back(type);
    AppendText(body, payload);
  }
}

// Reads the fields of a record body; false once the bytes are wrong.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : p_(bytes.data()), end_(p_ + bytes.size()) {}

  bool done() const { return p_ == end_; }

  bool Varint(uint64_t* v) {
    p_ = model::GetVarint(p_, end_, v);
    return p_ != nullptr;
  }
  bool Text(std::string_view* text) {
    uint64_t length = 0;
    if (!Varint(&length) || length > static_cast<size_t>(end_ - p_)) {
      return false;
    }
    *text = {p_, static_cast<size_t>(length)};
    p_ += length;
    return true;
  }
  bool Byte(uint8_t* v) {
    if (p_ == end_) {
      return false;
    }
    *v = static_cast<uint8_t>(*p_++);
    return true;
  }

 private:
  const char* p_;
  const char* end_;
};

absl::Status Malformed(std::string_view kind) {
  return absl::DataLossError(fmt::format("{} record is malformed", kind));
}

absl::Status ReadMetadata(Fields fields, JournalRecordVisitor* visitor) {
  while (!fields.done()) {
    std::string_view metric;
    uint8_t type = 0;
    std::string_view help;
    std::string_view unit;
    if (!fields.Text(&metric) || !fields.Byte(&type) || !fields.Text(&help) ||
        !fields.Text(&unit)) {
      return Malformed("metadata");
    }
    RETURN_IF_ERROR(visitor->OnMetadata(
        metric, {static_cast<MetricType>(type), std::string(help), std::string(unit)}));
  }
  return absl::OkStatus();
}

}  // namespace

void JournalRecordWriter::AddMetadata(std::string_view metric, const MetricMetadata& metadata) {
  AppendText(metric, &metadata_);
  metadata_.push_back(static_cast<char>(metadata.type));
  AppendText(metadata.help, &metadata_);
  AppendText(metadata.unit, &metadata_);
}

void JournalRecordWriter::TakeInto(std::string* payload) {
  payload->clear();
  payload->reserve(series_.body().size() + samples_.bytes() + metadata_.size() +
                   3 * (1 + model::kMaxVarintBytes));
  AppendRecord(kSeries, series_.body(), payload);
  series_.Clear();
  if (!samples_.empty()) {
    payload->push_back(kSamples);
    AppendVarint(samples_.bytes(), payload);
    samples_.AppendTo(payload);
  }
  AppendRecord(kMetadata, metadata_, payload);
  metadata_.clear();
}

absl::Status ReadJournalRecords(std::string_view payload, JournalRecordVisitor* visitor) {
  Fields records(payload);
  while (!records.done()) {
    uint8_t type = 0;
    std::string_view body;
    if (!records.Byte(&type) || !records.Text(&body)) {
      return Malformed("journal");
    }
    switch (type) {
      case kSeries:
        RETURN_IF_ERROR(ReadSeriesRecord(
            body, [visitor](const SeriesRecord& series) { return visitor->OnSeries(series); }));
        break;
      case kSamples:
        RETURN_IF_ERROR(ReadSampleRecord(body, [visitor](std::span<const JournalSample> samples) {
          return visitor->OnSamples(samples);
        }));
        break;
      case kMetadata:
        RETURN_IF_ERROR(ReadMetadata(Fields(body), visitor));
        break;
      default:
        return absl::DataLossError(fmt::format("journal record of unknown type {}", type));
    }
  }
  return absl::OkStatus();
}

}  // namespace tidemark::storage
