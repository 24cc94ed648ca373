#include "alert/history/alert_record.h"

#include <bit>
#include <cstring>
#include <iterator>
#include <optional>

#include "fmt/format.h"
#include "model/varint.h"

namespace tidemark::alert {
namespace {

// Bits of the byte `flags`.
constexpr uint8_t kIsTrue = 1;
constexpr uint8_t kHasSampleTime = 2;
constexpr uint8_t kFirstTime = 4;  // the alert's times that need not be there, a bit each

constexpr std::optional<model::Timestamp> Alert::*kOptionalTimes[] = {
    &Alert::fired_at,     &Alert::resolved_at, &Alert::keep_firing_since,
    &Alert::last_sent_at, &Alert::valid_until, &Alert::silent_since};
static_assert(kFirstTime << (std::size(kOptionalTimes) - 1) == 0x80);

void AppendText(std::string_view text, std::string* bytes) {
  model::AppendVarint(text.size(), bytes);
  *bytes += text;
}

void AppendTime(model::Timestamp t, std::string* bytes) {
  model::AppendVarint(model::ZigZag(t), bytes);
}

uint8_t FlagsOf(const AlertRecord& record) {
  uint8_t flags = record.alert.is_true ? kIsTrue : 0;
  if (record.sample_time.has_value()) {
    flags |= kHasSampleTime;
  }
  for (size_t i = 0; i < std::size(kOptionalTimes); ++i) {
    if ((record.alert.*kOptionalTimes[i]).has_value()) {
      flags |= static_cast<uint8_t>(kFirstTime << i);
    }
  }
  return flags;
}

void AppendPairs(const TextPairs& pairs, std::string* bytes) {
  model::AppendVarint(pairs.size(), bytes);
  for (const auto& [name, text] : pairs) {
    AppendText(name, bytes);
    AppendText(text, bytes);
  }
}

void AppendTimes(const AlertRecord& record, std::string* bytes) {
  AppendTime(record.t, bytes);
  AppendTime(record.received_at, bytes);
  AppendTime(record.alert.active_at, bytes);
  if (record.sample_time.has_value()) {
    AppendTime(*record.sample_time, bytes);
  }
  for (const auto member : kOptionalTimes) {
    if ((record.alert.*member).has_value()) {
      AppendTime(*(record.alert.*member), bytes);
    }
  }
}

std::string Encode(const AlertRecord& record) {
  std::string bytes;
  bytes += {static_cast<char>(record.kind), static_cast<char>(record.from),
            static_cast<char>(record.alert.state), static_cast<char>(FlagsOf(record))};
  const uint64_t value = model::ValueBits(record.alert.value);
  char number[sizeof(value)];
  std::memcpy(number, &value, sizeof(value));
  bytes.append(number, sizeof(number));
  AppendTimes(record, &bytes);
  model::AppendVarint(record.inputs, &bytes);
  for (const std::string_view text :
       {std::string_view(record.file), std::string_view(record.group),
        std::string_view(record.rule), std::string_view(record.cause),
        record.cluster.view().bytes(), record.partition.view().bytes(),
        record.alert.labels.view().bytes()}) {
    AppendText(text, &bytes);
  }
  AppendPairs(record.rule_labels, &bytes);
  AppendPairs(record.alert.annotations, &bytes);
  return bytes;
}

// FieldReader takes fields off the front of some bytes. After a field that is not there everything
// else fails, too.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  bool done() const { return ok_ && rest_.empty(); }

  std::string_view Take(uint64_t length) {
    if (length > rest_.size()) {
      ok_ = false;
      rest_ = {};
    }
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(taken.size());
    return ok_ ? taken : std::string_view();
  }
  uint64_t Varint() {
    uint64_t value = 0;
    const char* const end = rest_.data() + rest_.size();
    const char* const behind = model::GetVarint(rest_.data(), end, &value);
    if (behind == nullptr) {
      ok_ = false;
      rest_ = {};
      return 0;
    }
    rest_ = {behind, static_cast<size_t>(end - behind)};
    return value;
  }
  uint8_t Byte(uint8_t most) {
    const std::string_view byte = Take(1);
    const uint8_t value = byte.empty() ? 0 : static_cast<uint8_t>(byte.front());
    ok_ = ok_ && value <= most;
    return value;
  }
  model::Timestamp Time() { return model::UnZigZag(Varint()); }
  std::string Text() { return std::string(Take(Varint())); }
  model::Labels Labels() {
    std::string bytes = Text();
    ok_ = ok_ && model::IsCanonical(bytes);
    return ok_ ? model::Labels::FromCanonical(std::move(bytes)) : model::Labels();
  }
  double Double() {
    const std::string_view bytes = Take(sizeof(uint64_t));
    uint64_t bits = 0;
    if (!bytes.empty()) {
      std::memcpy(&bits, bytes.data(), sizeof(bits));
    }
    return std::bit_cast<double>(bits);
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

void ReadPairs(FieldReader* reader, TextPairs* pairs) {
  for (uint64_t left = reader->Varint(); left > 0 && reader->ok(); --left) {
    std::string name = reader->Text();
    std::string text = reader->Text();
    pairs->emplace_back(std::move(name), std::move(text));
  }
}

void ReadTimes(uint8_t flags, FieldReader* reader, AlertRecord* record) {
  record->t = reader->Time();
  record->received_at = reader->Time();
  record->alert.active_at = reader->Time();
  if ((flags & kHasSampleTime) != 0) {
    record->sample_time = reader->Time();
  }
  for (size_t i = 0; i < std::size(kOptionalTimes); ++i) {
    if ((flags & (kFirstTime << i)) != 0) {
      record->alert.*kOptionalTimes[i] = reader->Time();
    }
  }
}

bool Decode(std::string_view bytes, AlertRecord* record) {
  constexpr auto kGravest = static_cast<uint8_t>(AlertState::kFiring);
  FieldReader reader(bytes);
  const uint8_t kind = reader.Byte(static_cast<uint8_t>(RecordKind::kLate));
  record->kind = static_cast<RecordKind>(kind);
  record->from = static_cast<AlertState>(reader.Byte(kGravest));
  record->alert.state = static_cast<AlertState>(reader.Byte(kGravest));
  const uint8_t flags = reader.Byte(UINT8_MAX);
  record->alert.is_true = (flags & kIsTrue) != 0;
  record->alert.value = reader.Double();
  ReadTimes(flags, &reader, record);
  record->inputs = reader.Varint();
  record->file = reader.Text();
  record->group = reader.Text();
  record->rule = reader.Text();
  record->cause = reader.Text();
  record->cluster = reader.Labels();
  record->partition = reader.Labels();
  record->alert.labels = reader.Labels();
  ReadPairs(&reader, &record->rule_labels);
  ReadPairs(&reader, &record->alert.annotations);
  return reader.done() && kind != 0;
}

}  // namespace

std::string KeyOf(const AlertRecord& record) {
  std::string key;
  for (const std::string& text : {record.file, record.group, record.rule}) {
    AppendText(text, &key);
  }
  AppendText(record.cluster.bytes(), &key);
  return key + record.alert.labels.bytes();
}

void AppendRecord(const AlertRecord& record, std::string* bytes) {
  AppendText(Encode(record), bytes);
}

absl::Status DecodeRecords(std::string_view bytes, std::vector<AlertRecord>* records) {
  for (size_t number = 1; !bytes.empty(); ++number) {
    uint64_t length = 0;
    const char* const end = bytes.data() + bytes.size();
    const char* const begin = model::GetVarint(bytes.data(), end, &length);
    AlertRecord record;
    if (begin == nullptr || length > static_cast<uint64_t>(end - begin) ||
        !Decode({begin, static_cast<size_t>(length)}, &record)) {
      return absl::DataLossError(fmt::format("alert record {} is not readable", number));
    }
    records->push_back(std::move(record));
    bytes = {begin + length, static_cast<size_t>(end - begin) - static_cast<size_t>(length)};
  }
  return absl::OkStatus();
}

}  // namespace tidemark::alert
