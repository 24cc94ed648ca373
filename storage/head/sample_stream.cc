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

uint64_t GetBytes(const char* p, size_t length) {
  uint64_t v = 0;
  std::memcpy(&v, p, length);
  return v;
}

uint8_t TimeClass(uint64_t zigzag) {
  return zigzag == 0 ? 0 : zigzag < (1 << 8) ? 1 : zigzag < (1 << 16) ? 2 : 3;
}

// Walks a stream; every read is checked against the end.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : p_(bytes.data()), end_(p_ + bytes.size()) {}

  bool First() {
    if (end_ - p_ < 16) {
      return false;
    }
    time_ = GetBytes(p_, 8);
    bits_ = GetBytes(p_ + 8, 8);
    p_ += 16;
    return true;
  }

  bool Next() {
    if (p_ == end_) {
      return false;
    }
    const auto control = static_cast<uint8_t>(*p_++);
    const size_t time_bytes = kTimeBytes[control >> kTimeShift];
    const size_t class_index = control & kValueMask;
    if (class_index >= kValueClasses) {
      return false;
    }
    const ValueClass value = kValueClassTable[class_index];
    if (static_cast<size_t>(end_ - p_) < time_bytes + value.length) {
      return false;
    }
    distance_ += static_cast<uint64_t>(model::UnZigZag(GetBytes(p_, time_bytes)));
    time_ += distance_;
    bits_ ^= value.length == 0 ? 0 : GetBytes(p_ + time_bytes, value.length) << (8 * value.zeros);
    p_ += time_bytes + value.length;
    return true;
  }

  Timestamp time() const { return static_cast<Timestamp>(time_); }
  double value() const { return std::bit_cast<double>(bits_); }

 private:
  const char* p_;
  const char* end_;
  uint64_t time_ = 0;
  uint64_t distance_ = 0;
  uint64_t bits_ = 0;
};

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
  Decoder decoder(bytes);
  for (uint32_t i = 0; i < count; ++i) {
    if (!(i == 0 ? decoder.First() : decoder.Next())) {
      return absl::DataLossError(
          fmt::format("sample {} of {} is cut short or damaged in a stream of {} bytes", i + 1,
                      count, bytes.size()));
    }
    if (decoder.time() > max_time) {
      break;
    }
    if (decoder.time() >= min_time) {
      columns->Append(decoder.time(), decoder.value());
    }
  }
  return absl::OkStatus();
}

}  // namespace tidemark::storage
