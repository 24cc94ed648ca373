#include "storage/head/sample_stream.h"

#include <array>
#include <bit>
#include <cstring>

#include "fmt/format.h"
#include "model/varint.h"

namespace tidemark::storage {
namespace {

using model::Sample;
using model::Timestamp;

constexpr int kTimeShift = 6;
constexpr uint8_t kValueMask = 0x3f;
constexpr std::array<uint8_t, 4> kTimeBytes = {0, 1, 2, 8};

struct ValueClass {
  uint8_t zeros;   // trailing zero bytes that are left out
  uint8_t length;  // bytes that are written
};

constexpr size_t kValueClasses = 37;

constexpr std::array<ValueClass, kValueClasses> MakeValueClasses() {
  std::array<ValueClass, kValueClasses> classes{};
  size_t i = 1;
  for (uint8_t length = 1; length <= 8; ++length) {
    for (uint8_t zeros = 0; zeros + length <= 8; ++zeros) {
      classes[i++] = {zeros, length};
    }
  }
  return classes;
}
constexpr std::array<ValueClass, kValueClasses> kValueClassTable = MakeValueClasses();

constexpr std::array<std::array<uint8_t, 9>, 9> MakeClassIndex() {
  std::array<std::array<uint8_t, 9>, 9> index{};
  for (uint8_t i = 1; i < kValueClasses; ++i) {
    index[kValueClassTable[i].length][kValueClassTable[i].zeros] = i;
  }
  return index;
}
constexpr std::array<std::array<uint8_t, 9>, 9> kClassIndex = MakeClassIndex();

char* PutBytes(uint64_t v, char* out, size_t length) {
  std::memcpy(out, &v, 8);  // The caller keeps room; bytes behind `length` are overwritten later.
  return out + length;
}

uint64_t Get64(const char* p) {
  uint64_t v = 0;
  std::memcpy(&v, p, 8);
  return v;
}

uint8_t TimeClass(uint64_t zigzag) {
  return zigzag == 0 ? 0 : zigzag < (1 << 8) ? 1 : zigzag < (1 << 16) ? 2 : 3;
}

// The last `length` of the eight bytes before `end`. A field is read backwards, over what comes
// before it: behind it there may be nothing, or bytes that are just being written.
struct Field {
  uint8_t shift = 0;
  uint8_t any = 0;  // 0: no bytes, which no shift can say

  uint64_t Read(const char* end) const { return (Get64(end - 8) >> shift) & (0 - uint64_t{any}); }
};

constexpr Field FieldOf(size_t length) {
  return length == 0 ? Field{} : Field{static_cast<uint8_t>(64 - 8 * length), 1};
}

// What a control byte says.
struct Layout {
  uint8_t size = 0;      // of the sample, the control byte included; 0: there is no such control
  uint8_t time_end = 0;  // from the control byte
  Field time;
  Field value;
  uint8_t value_shift = 0;
};

constexpr std::array<Layout, 256> MakeLayouts() {
  std::array<Layout, 256> layouts{};
  for (size_t control = 0; control < layouts.size(); ++control) {
    const size_t class_index = control & kValueMask;
    if (class_index < kValueClasses) {
      const size_t time_bytes = kTimeBytes[control >> kTimeShift];
      const ValueClass value = kValueClassTable[class_index];
      layouts[control] = {static_cast<uint8_t>(1 + time_bytes + value.length),
                          static_cast<uint8_t>(1 + time_bytes), FieldOf(time_bytes),
                          FieldOf(value.length), static_cast<uint8_t>(8 * value.zeros)};
    }
  }
  return layouts;
}
constexpr std::array<Layout, 256> kLayouts = MakeLayouts();

constexpr size_t kFirstBytes = 16;

// Walks a stream of at least kFirstBytes; every read is checked against the end.
class Decoder {
 public:
  // Begins at the first sample.
  explicit Decoder(std::string_view bytes)
      : p_(bytes.data() + kFirstBytes),
        end_(bytes.data() + bytes.size()),
        time_(Get64(bytes.data())),
        bits_(Get64(bytes.data() + 8)) {}

  bool Next() {
    if (p_ == end_) {
      return false;
    }
    const Layout& layout = kLayouts[static_cast<uint8_t>(*p_)];
    if (layout.size == 0 || end_ - p_ < layout.size) {
      return false;
    }
    const uint64_t zigzag = layout.time.Read(p_ + layout.time_end);
    distance_ += static_cast<uint64_t>(model::UnZigZag(zigzag));
    time_ += distance_;
    bits_ ^= layout.value.Read(p_ + layout.size) << layout.value_shift;
    p_ += layout.size;
    return true;
  }

  // Whether the next kRun samples, which must be there, repeat distance and value: then they are
  // passed over. Most series hardly change, and a byte at a time each waits for the one before.
  static constexpr uint32_t kRun = 8;
  bool PassRun() {
    if (end_ - p_ < kRun || Get64(p_) != 0) {
      return false;
    }
    p_ += kRun;
    time_ += kRun * distance_;
    return true;
  }

  Timestamp time() const { return static_cast<Timestamp>(time_); }
  double value() const { return std::bit_cast<double>(bits_); }
  // The time `samples` samples before, in a run.
  Timestamp time_before(uint64_t samples) const {
    return static_cast<Timestamp>(time_ - samples * distance_);
  }

 private:
  const char* p_;
  const char* end_;
  uint64_t time_;
  uint64_t distance_ = 0;
  uint64_t bits_;
};

// Writes the samples inside [min_time, max_time] behind each other, and all others over by the
// next, so that nothing depends on a guess of which it is.
class Output {
 public:
  Output(size_t count, Timestamp min_time, Timestamp max_time, SampleColumns* columns)
      : columns_(columns), size_(columns->size()), min_time_(min_time), max_time_(max_time) {
    columns->timestamps.resize(size_ + count);
    columns->values.resize(size_ + count);
  }
  ~Output() {
    columns_->timestamps.resize(size_);
    columns_->values.resize(size_);
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void Add(Timestamp t, double v) {
    columns_->timestamps[size_] = t;
    columns_->values[size_] = v;
    size_ += static_cast<size_t>(t >= min_time_) & static_cast<size_t>(t <= max_time_);
  }

 private:
  SampleColumns* const columns_;
  size_t size_;
  const Timestamp min_time_;
  const Timestamp max_time_;
};

absl::Status CutShort(uint32_t sample, uint32_t count, size_t bytes) {
  return absl::DataLossError(fmt::format(
      "sample {} of {} is cut short or damaged in a stream of {} bytes", sample, count, bytes));
}

}  // namespace

char* SampleEncoder::Start(Sample sample, char* out) {
  last_time_ = sample.t;
  last_bits_ = model::ValueBits(sample.v);
  last_distance_ = 0;
  out = PutBytes(static_cast<uint64_t>(last_time_), out, 8);
  return PutBytes(last_bits_, out, 8);
}

char* SampleEncoder::Append(Sample sample, char* out) {
  const uint64_t distance = static_cast<uint64_t>(sample.t) - static_cast<uint64_t>(last_time_);
  const uint64_t zigzag = model::ZigZag(static_cast<int64_t>(distance - last_distance_));
  const uint64_t bits = model::ValueBits(sample.v);
  const uint64_t change = bits ^ last_bits_;
  last_time_ = sample.t;
  last_distance_ = distance;
  last_bits_ = bits;

  const uint8_t time_class = TimeClass(zigzag);
  uint8_t value_class = 0;
  ValueClass value{0, 0};
  if (change != 0) {
    const auto zeros = static_cast<uint8_t>(std::countr_zero(change) / 8);
    const auto leading = static_cast<uint8_t>(std::countl_zero(change) / 8);
    value_class = kClassIndex[8 - zeros - leading][zeros];
    value = kValueClassTable[value_class];
  }
  *out++ = static_cast<char>((time_class << kTimeShift) | value_class);
  out = PutBytes(zigzag, out, kTimeBytes[time_class]);
  return PutBytes(change >> (8 * value.zeros), out, value.length);
}

absl::Status DecodeStream(std::string_view bytes, uint32_t count, Timestamp min_time,
                          Timestamp max_time, SampleColumns* columns) {
  if (count == 0) {
    return absl::OkStatus();
  }
  // Each further sample takes a byte at least.
  if (bytes.size() < kFirstBytes || bytes.size() - kFirstBytes < count - 1) {
    return absl::DataLossError(
        fmt::format("a stream of {} bytes is too short for {} samples", bytes.size(), count));
  }
  Output output(count, min_time, max_time, columns);
  Decoder decoder(bytes);
  output.Add(decoder.time(), decoder.value());
  for (uint32_t i = 1; i < count;) {
    if (count - i >= Decoder::kRun && decoder.PassRun()) {
      for (uint32_t left = Decoder::kRun; left-- > 0; ++i) {
        output.Add(decoder.time_before(left), decoder.value());
      }
      continue;
    }
    if (!decoder.Next()) {
      return CutShort(i + 1, count, bytes.size());
    }
    output.Add(decoder.time(), decoder.value());
    ++i;
  }
  return absl::OkStatus();
}

}  // namespace tidemark::storage
