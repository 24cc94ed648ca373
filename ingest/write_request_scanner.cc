// What a sender in good order writes for one series, and what the fast path therefore expects:
//
//   0a len                              TimeSeries, field 1 of WriteRequest
//      0a len 0a len name 12 len value  Label, once per label; lengths of one byte
//      12 len 09 value 10 varint        Sample; a value or time of zero is left out
//
// The fast functions below either pass over one such field whole or do not move. Whatever stops
// them is read by WireReader, one field, and then they are tried again. Labels that were guessed
// right are not even looked at one by one: they are canonical, so that what follows them decides.
#include "ingest/write_request_scanner.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "fmt/format.h"
#include "ingest/internal/wire_reader.h"

namespace tidemark::ingest {
namespace {

using internal::Tag;
using internal::WireFault;
using internal::WireReader;

// WriteRequest
constexpr uint32_t kSeriesTag = Tag(1, internal::kLengthDelimited);
constexpr uint32_t kMetadataTag = Tag(3, internal::kLengthDelimited);
// TimeSeries; exemplars repeat the tag of labels
constexpr uint32_t kLabelTag = Tag(1, internal::kLengthDelimited);
constexpr uint32_t kSampleTag = Tag(2, internal::kLengthDelimited);
constexpr uint32_t kExemplarTag = Tag(3, internal::kLengthDelimited);
constexpr uint32_t kHistogramTag = Tag(4, internal::kLengthDelimited);
// Label
constexpr uint32_t kNameTag = Tag(1, internal::kLengthDelimited);
constexpr uint32_t kLabelValueTag = Tag(2, internal::kLengthDelimited);
// Sample
constexpr uint32_t kSampleValueTag = Tag(1, internal::kFixed64);
constexpr uint32_t kTimestampTag = Tag(2, internal::kVarint);
// MetricMetadata
constexpr uint32_t kTypeTag = Tag(1, internal::kVarint);
constexpr uint32_t kFamilyNameTag = Tag(2, internal::kLengthDelimited);
constexpr uint32_t kHelpTag = Tag(4, internal::kLengthDelimited);
constexpr uint32_t kUnitTag = Tag(5, internal::kLengthDelimited);

// Levels that may still be opened inside each message.
constexpr int kBelowRequest = internal::kMaxNesting;
constexpr int kBelowSeries = kBelowRequest - 1;
constexpr int kBelowMetadata = kBelowRequest - 1;
constexpr int kBelowSeriesField = kBelowSeries - 1;

template <typename Word>
Word Load(const char* p) {
  Word word = 0;
  std::memcpy(&word, p, sizeof(word));
  return word;
}

// ---- the fast path

// How far behind the beginning of a label or sample its fast function may look, whatever the
// bytes there say.
constexpr size_t kLabelReach = 4 + 255 + 2;     // name of any length of one byte
constexpr size_t kSampleReach = 2 + 9 + 1 + 8;  // frame, value, tag, the word of the time

// The byte behind the label at `p`; nullptr when there is none in the usual form.
// REQUIRES: kLabelReach bytes from `p` may be read.
inline const char* PassLabel(const char* p) {
  const auto head = Load<uint32_t>(p);  // tag, length, tag of the name, its length
  if ((head & 0x00ff80ff) != (kNameTag << 16 | kLabelTag)) {
    return nullptr;
  }
  // The next label waits for this length: loaded by itself it is there sooner than out of `head`.
  const uint32_t length = Load<uint8_t>(p + 1);
  const uint32_t name_length = Load<uint8_t>(p + 3);
  // Tag and length of the value, which fills the label; when the name is too long for the label
  // this is no number of sixteen bits.
  const uint32_t value_head = ((length - name_length) << 8) - (4U << 8) + kLabelValueTag;
  return Load<uint16_t>(p + 4 + name_length) == value_head ? p + 2 + length : nullptr;
}

// Takes the seven low bits of each byte of `word` together.
inline uint64_t JoinSevens(uint64_t word) {
  word = (word & 0x007f007f007f007f) | (word & 0x7f007f007f007f00) >> 1;
  word = (word & 0x00003fff00003fff) | (word & 0x3fff00003fff0000) >> 2;
  return (word & 0x0fffffff) | (word & 0x0fffffff00000000) >> 4;
}

// Reads the varint that fills exactly the `size` low bytes of `word`; false when none does.
inline bool DecodeVarint(uint64_t word, size_t size, uint64_t* value) {
  constexpr uint64_t kMoreBits = 0x8080808080808080;
  if (size - 1 >= sizeof(word)) {
    return false;
  }
  word &= ~uint64_t{0} >> (64 - 8 * size);
  if ((word & kMoreBits) != (kMoreBits >> 8) >> (64 - 8 * size)) {
    return false;
  }
  *value = JoinSevens(word);
  return true;
}

// Reads the sample at `p`; the byte behind it, or nullptr when there is none in the usual form
// before `end`. REQUIRES: kSampleReach bytes from `p` may be read.
inline const char* ReadSample(const char* p, const char* end, model::Sample* sample) {
  const auto head = Load<uint16_t>(p);
  const size_t length = head >> 8;
  const bool has_value = Load<uint8_t>(p + 2) == kSampleValueTag;
  const size_t value_size = has_value ? 9 : 0;
  const char* time = p + 2 + value_size;
  const char* next = p + 2 + length;
  uint64_t timestamp = 0;
  if ((head & 0x80ff) != kSampleTag || next > end || Load<uint8_t>(time) != kTimestampTag ||
      !DecodeVarint(Load<uint64_t>(time + 1), length - value_size - 1, &timestamp)) {
    return nullptr;
  }
  const uint64_t bits = has_value ? Load<uint64_t>(p + 3) : 0;
  *sample = {static_cast<int64_t>(timestamp), std::bit_cast<double>(bits)};
  return next;
}

// ---- what is checked and passed over

enum class Payload { kOpaque, kMessage, kVarints, kFixed64s };
using PayloadOf = Payload (*)(uint32_t tag);

// Label, BucketSpan: nothing inside has a form of its own.
Payload PlainPayload(uint32_t) { return Payload::kOpaque; }

Payload ExemplarPayload(uint32_t tag) {
  return tag == kLabelTag ? Payload::kMessage : Payload::kOpaque;
}

Payload HistogramPayload(uint32_t tag) {
  switch (tag) {
    case Tag(8, internal::kLengthDelimited):   // negative_spans
    case Tag(11, internal::kLengthDelimited):  // positive_spans
      return Payload::kMessage;
    case Tag(9, internal::kLengthDelimited):   // negative_deltas
    case Tag(12, internal::kLengthDelimited):  // positive_deltas
      return Payload::kVarints;
    case Tag(10, internal::kLengthDelimited):  // negative_counts
    case Tag(13, internal::kLengthDelimited):  // positive_counts
    case Tag(16, internal::kLengthDelimited):  // custom_values
      return Payload::kFixed64s;
    default:
      return Payload::kOpaque;
  }
}

bool CheckMessage(std::string_view message, PayloadOf payload_of, int nesting, WireFault* fault);

bool CheckVarints(std::string_view packed, WireFault* fault) {
  WireReader reader(packed, fault);
  uint64_t value = 0;
  while (!reader.done()) {
    if (!reader.ReadVarint(&value)) {
      return false;
    }
  }
  return true;
}

bool CheckPayload(Payload payload, std::string_view bytes, int nesting, WireFault* fault) {
  switch (payload) {
    case Payload::kMessage:
      return CheckMessage(bytes, PlainPayload, nesting, fault);
    case Payload::kVarints:
      return CheckVarints(bytes, fault);
    case Payload::kFixed64s:
      return bytes.size() % 8 == 0 ||
             WireReader(bytes, fault).Fail(bytes.data(), "packed numbers of eight bytes");
    case Payload::kOpaque:
      break;
  }
  return true;
}

bool CheckMessage(std::string_view message, PayloadOf payload_of, int nesting, WireFault* fault) {
  WireReader reader(message, fault);
  while (!reader.done()) {
    uint32_t tag = 0;
    if (!reader.ReadTag(&tag)) {
      return false;
    }
    const Payload payload = payload_of(tag);
    std::string_view bytes;
    if (payload == Payload::kOpaque) {
      if (!reader.Skip(tag, nesting)) {
        return false;
      }
    } else if (!reader.ReadBytes(&bytes) || !CheckPayload(payload, bytes, nesting - 1, fault)) {
      return false;
    }
  }
  return true;
}

bool ReadSampleMessage(std::string_view message, model::Sample* sample, WireFault* fault) {
  WireReader reader(message, fault);
  uint64_t bits = 0;
  uint64_t timestamp = 0;
  while (!reader.done()) {
    uint32_t tag = 0;
    if (!reader.ReadTag(&tag)) {
      return false;
    }
    const bool read = tag == kSampleValueTag ? reader.ReadFixed64(&bits)
                      : tag == kTimestampTag ? reader.ReadVarint(&timestamp)
                                             : reader.Skip(tag, kBelowSeriesField);
    if (!read) {
      return false;
    }
  }
  *sample = {static_cast<int64_t>(timestamp), std::bit_cast<double>(bits)};
  return true;
}

bool ReadMetadataMessage(std::string_view message, ScannedMetadata* metadata, WireFault* fault) {
  WireReader reader(message, fault);
  uint64_t type = 0;
  const auto read_field = [&](uint32_t tag) {
    switch (tag) {
      case kTypeTag:
        return reader.ReadVarint(&type);
      case kFamilyNameTag:
        return reader.ReadBytes(&metadata->metric_family_name);
      case kHelpTag:
        return reader.ReadBytes(&metadata->help);
      case kUnitTag:
        return reader.ReadBytes(&metadata->unit);
      default:
        return reader.Skip(tag, kBelowMetadata);
    }
  };
  while (!reader.done()) {
    uint32_t tag = 0;
    if (!reader.ReadTag(&tag) || !read_field(tag)) {
      return false;
    }
  }
  metadata->type = static_cast<int32_t>(type);
  return true;
}

}  // namespace

// The pass over one request.
class WriteRequestScanner {
 public:
  WriteRequestScanner(std::string_view body, SeriesGuesser* guesser, ScanResult* result)
      : body_(body),
        fast_labels_end_(EndFor(kLabelReach)),
        fast_samples_end_(EndFor(kSampleReach)),
        guesser_(guesser),
        result_(*result) {}

  bool Scan();
  std::string Complaint() const {
    return fmt::format("malformed write request: {}", fault_.Describe(body_.data()));
  }

 private:
  // The label fields of the series being read.
  struct LabelRun {
    const char* begin = nullptr;
    const char* end = nullptr;
    size_t gathered_begin = 0;
    bool gathered = false;
  };

  // Before this byte, `reach` bytes may be read.
  const char* EndFor(size_t reach) const {
    return body_.data() + (body_.size() < reach ? 0 : body_.size() - reach + 1);
  }

  bool ScanSeries(std::string_view message);
  bool TakeGuess(std::string_view message);
  bool ScanUnguessedSeries(std::string_view message);
  [[gnu::noinline]] bool ScanRestOfSeries(const char* p, const char* end, LabelRun labels,
                                          size_t first_sample);
  bool ScanSeriesField(std::string_view rest, LabelRun* labels, const char** next);
  bool ScanMetadata(std::string_view message);

  const char* PassLabels(const char* p, const char* end) const;
  const char* ReadSamples(const char* p, const char* end);
  void AddSeries(std::string_view label_bytes, size_t first_sample, void* known);
  void AddUnguessedSeries(std::string_view label_bytes, size_t first_sample);
  void AddLabels(const char* begin, const char* end, LabelRun* labels);
  void GatherLabels(const char* begin, const char* end, LabelRun* labels);
  std::string_view LabelBytes(const LabelRun& labels) const;

  const std::string_view body_;
  const char* const fast_labels_end_;
  const char* const fast_samples_end_;
  SeriesGuesser* const guesser_;
  ScanResult& result_;
  WireFault fault_;
};

bool WriteRequestScanner::Scan() {
  WireReader reader(body_, &fault_);
  std::string_view message;
  while (!reader.done()) {
    uint32_t tag = 0;
    if (!reader.ReadTag(&tag)) {
      return false;
    }
    if (tag == kSeriesTag) [[likely]] {
      if (!reader.ReadBytes(&message) || !ScanSeries(message)) {
        return false;
      }
    } else if (tag == kMetadataTag) {
      if (!reader.ReadBytes(&message) || !ScanMetadata(message)) {
        return false;
      }
    } else if (!reader.Skip(tag, kBelowRequest)) {
      return false;
    }
  }
  return true;
}

bool WriteRequestScanner::ScanSeries(std::string_view message) {
  return (guesser_ != nullptr && TakeGuess(message)) || ScanUnguessedSeries(message);
}

// Whether `message` is the series that was guessed, and nothing but samples. If not, nothing of it
// has been added.
inline bool WriteRequestScanner::TakeGuess(std::string_view message) {
  const auto [labels, series] = guesser_->Next();
  if (labels.empty() || !message.starts_with(labels)) {
    return false;
  }
  const size_t first_sample = result_.samples_.size();
  const char* end = message.data() + message.size();
  if (ReadSamples(message.data() + labels.size(), end) != end) [[unlikely]] {
    result_.samples_.resize(first_sample);
    return false;
  }
  AddSeries(message.substr(0, labels.size()), first_sample, series);
  return true;
}

bool WriteRequestScanner::ScanUnguessedSeries(std::string_view message) {
  const char* begin = message.data();
  const char* end = begin + message.size();
  const size_t first_sample = result_.samples_.size();
  const char* labels_end = PassLabels(begin, end);
  const char* p = ReadSamples(labels_end, end);
  if (p != end) [[unlikely]] {
    return ScanRestOfSeries(p, end, {.begin = begin, .end = labels_end}, first_sample);
  }
  AddUnguessedSeries({begin, static_cast<size_t>(labels_end - begin)}, first_sample);
  return true;
}

// Goes on at `p`, where the usual form ended, with what was found before it.
bool WriteRequestScanner::ScanRestOfSeries(const char* p, const char* end, LabelRun labels,
                                           size_t first_sample) {
  while (p != end) {
    if (!ScanSeriesField({p, static_cast<size_t>(end - p)}, &labels, &p)) {
      return false;
    }
    const char* labels_end = PassLabels(p, end);
    AddLabels(p, labels_end, &labels);
    p = ReadSamples(labels_end, end);
  }
  AddUnguessedSeries(LabelBytes(labels), first_sample);
  return true;
}

void WriteRequestScanner::AddUnguessedSeries(std::string_view label_bytes, size_t first_sample) {
  AddSeries(label_bytes, first_sample,
            guesser_ == nullptr ? nullptr : guesser_->Correct(label_bytes));
}

void WriteRequestScanner::AddSeries(std::string_view label_bytes, size_t first_sample,
                                    void* known) {
  const size_t sample_count = result_.samples_.size() - first_sample;
  if (sample_count == 0) [[unlikely]] {
    ++result_.series_without_samples_;
    return;
  }
  result_.series_.push_back({label_bytes, static_cast<uint32_t>(first_sample),
                             static_cast<uint32_t>(sample_count), known});
}

// The end of the labels in the usual form that lie side by side from `p` on.
const char* WriteRequestScanner::PassLabels(const char* p, const char* end) const {
  const char* limit = std::min(end, fast_labels_end_);
  const char* last = p;
  while (p < limit) {
    const char* next = PassLabel(p);
    if (next == nullptr) {
      return p;
    }
    last = p;
    p = next;
  }
  return p <= end ? p : last;  // a label that passes the end of the series is none
}

const char* WriteRequestScanner::ReadSamples(const char* p, const char* end) {
  const char* limit = std::min(end, fast_samples_end_);
  model::Sample sample;
  while (p < limit) {
    const char* next = ReadSample(p, end, &sample);
    if (next == nullptr) {
      break;
    }
    result_.samples_.push_back(sample);
    p = next;
  }
  return p;
}

// Reads the first field of `rest`, whatever its form, and sets `next` behind it.
bool WriteRequestScanner::ScanSeriesField(std::string_view rest, LabelRun* labels,
                                          const char** next) {
  WireReader reader(rest, &fault_);
  uint32_t tag = 0;
  std::string_view message;
  if (!reader.ReadTag(&tag)) {
    return false;
  }
  if (tag < kLabelTag || tag > kHistogramTag || (tag & 7) != internal::kLengthDelimited) {
    const bool skipped = reader.Skip(tag, kBelowSeries);
    *next = reader.position();
    return skipped;
  }
  if (!reader.ReadBytes(&message)) {
    return false;
  }
  *next = reader.position();
  if (tag == kLabelTag) {
    AddLabels(rest.data(), *next, labels);
    return CheckMessage(message, PlainPayload, kBelowSeriesField, &fault_);
  }
  if (tag == kSampleTag) {
    return ReadSampleMessage(message, &result_.samples_.emplace_back(), &fault_);
  }
  if (tag == kExemplarTag) {
    ++result_.exemplars_;
    return CheckMessage(message, ExemplarPayload, kBelowSeriesField, &fault_);
  }
  ++result_.histograms_;
  return CheckMessage(message, HistogramPayload, kBelowSeriesField, &fault_);
}

bool WriteRequestScanner::ScanMetadata(std::string_view message) {
  ScannedMetadata metadata;
  if (!ReadMetadataMessage(message, &metadata, &fault_)) {
    return false;
  }
  if (metadata.metric_family_name.empty()) {
    ++result_.metadata_without_name_;
  } else {
    result_.metadata_.push_back(metadata);
  }
  return true;
}

void WriteRequestScanner::AddLabels(const char* begin, const char* end, LabelRun* labels) {
  if (begin == end) {
    return;
  }
  if (labels->begin == labels->end) {
    labels->begin = begin;
    labels->end = end;
  } else if (labels->end == begin && !labels->gathered) {
    labels->end = end;
  } else {
    GatherLabels(begin, end, labels);
  }
}

void WriteRequestScanner::GatherLabels(const char* begin, const char* end, LabelRun* labels) {
  std::string& gathered = result_.gathered_labels_;
  if (!labels->gathered) {
    // What can be gathered is less than the body; with this room no view into it ever moves.
    gathered.reserve(body_.size());
    labels->gathered = true;
    labels->gathered_begin = gathered.size();
    gathered.append(labels->begin, labels->end);
    ++result_.gathered_series_;
  }
  gathered.append(begin, end);
}

std::string_view WriteRequestScanner::LabelBytes(const LabelRun& labels) const {
  if (labels.gathered) [[unlikely]] {
    return std::string_view(result_.gathered_labels_).substr(labels.gathered_begin);
  }
  return {labels.begin, static_cast<size_t>(labels.end - labels.begin)};
}

void ScanResult::Clear() {
  series_.clear();
  samples_.clear();
  metadata_.clear();
  gathered_labels_.clear();
  exemplars_ = 0;
  histograms_ = 0;
  series_without_samples_ = 0;
  metadata_without_name_ = 0;
  gathered_series_ = 0;
}

void ScanResult::Trim(size_t bytes) {
  Clear();
  const size_t held = series_.capacity() * sizeof(ScannedSeries) +
                      samples_.capacity() * sizeof(model::Sample) +
                      metadata_.capacity() * sizeof(ScannedMetadata) + gathered_labels_.capacity();
  if (held > bytes) {
    std::vector<ScannedSeries>().swap(series_);
    std::vector<model::Sample>().swap(samples_);
    std::vector<ScannedMetadata>().swap(metadata_);
    std::string().swap(gathered_labels_);
  }
}

absl::Status ScanWriteRequest(std::string_view body, SeriesGuesser* guesser, ScanResult* result) {
  result->Clear();
  if (body.size() > static_cast<size_t>(std::numeric_limits<int32_t>::max())) {
    return absl::InvalidArgumentError(
        fmt::format("write request of {} bytes: a message is at most 2 GiB", body.size()));
  }
  WriteRequestScanner scanner(body, guesser, result);
  if (!scanner.Scan()) {
    result->Clear();
    return absl::InvalidArgumentError(scanner.Complaint());
  }
  return absl::OkStatus();
}

}  // namespace tidemark::ingest
