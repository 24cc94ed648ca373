// Layout, bits from the highest of each byte on:
//
//   u16   number of samples, big-endian
//   first   varint time (zigzag), 64 bits value
//   second  uvarint distance in time, XOR of the value
//   others  change of the distance: 0 | 10 + 14 bits | 110 + 17 | 1110 + 20 | 1111 + 64
//           XOR of the value
//   XOR     0: same value
//           10 + meaning bits, which lie within those of the last XOR written in full
//           11 + 5 bits leading zeros + 6 bits count of meaning bits (0 is 64) + meaning bits
#include "query/remote_read/xor_chunk.h"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace tidemark::query {
namespace {

constexpr int kMaxLeadingZeros = 31;  // what five bits hold

class BitWriter {
 public:
  explicit BitWriter(std::string* out) : out_(*out) {}

  // The lowest `count` bits of `bits`, highest first.
  void Write(uint64_t bits, int count) {
    while (count > 0) {
      if (free_ == 0) {
        out_.push_back('\0');
        free_ = 8;
      }
      const int taken = std::min(count, free_);
      const uint64_t part = (bits >> (count - taken)) & ((uint64_t{1} << taken) - 1);
      auto& last = reinterpret_cast<unsigned char&>(out_.back());
      last = static_cast<unsigned char>(last | part << (free_ - taken));
      free_ -= taken;
      count -= taken;
    }
  }

  void WriteVarint(uint64_t v) {
    while (v >= 0x80) {
      Write(v | 0x80, 8);
      v >>= 7;
    }
    Write(v, 8);
  }

 private:
  std::string& out_;
  int free_ = 0;  // bits of the last byte
};

class ChunkWriter {
 public:
  explicit ChunkWriter(std::string* out) : bits_(out) {}

  void First(model::Timestamp t, double v) {
    const auto time = static_cast<uint64_t>(t);
    bits_.WriteVarint(time << 1 ^ (t < 0 ? ~uint64_t{0} : 0));
    value_ = model::ValueBits(v);
    bits_.Write(value_, 64);
    time_ = time;
  }

  void Second(model::Timestamp t, double v) {
    distance_ = static_cast<uint64_t>(t) - time_;
    bits_.WriteVarint(distance_);
    time_ = static_cast<uint64_t>(t);
    WriteValue(v);
  }

  void Next(model::Timestamp t, double v) {
    const uint64_t distance = static_cast<uint64_t>(t) - time_;
    WriteChange(static_cast<int64_t>(distance - distance_));
    distance_ = distance;
    time_ = static_cast<uint64_t>(t);
    WriteValue(v);
  }

 private:
  // Whether `count` bits hold it, the largest value of which is positive.
  static bool Fits(int64_t change, int count) {
    const int64_t half = int64_t{1} << (count - 1);
    return change > -half && change <= half;
  }

  void WriteChange(int64_t change) {
    const auto bits = static_cast<uint64_t>(change);
    if (change == 0) {
      bits_.Write(0b0, 1);
    } else if (Fits(change, 14)) {
      bits_.Write(0b10, 2);
      bits_.Write(bits, 14);
    } else if (Fits(change, 17)) {
      bits_.Write(0b110, 3);
      bits_.Write(bits, 17);
    } else if (Fits(change, 20)) {
      bits_.Write(0b1110, 4);
      bits_.Write(bits, 20);
    } else {
      bits_.Write(0b1111, 4);
      bits_.Write(bits, 64);
    }
  }

  void WriteValue(double v) {
    const uint64_t change = model::ValueBits(v) ^ value_;
    value_ = model::ValueBits(v);
    if (change == 0) {
      bits_.Write(0b0, 1);
      return;
    }
    const int leading = std::min(std::countl_zero(change), kMaxLeadingZeros);
    const int trailing = std::countr_zero(change);
    if (leading >= leading_ && trailing >= trailing_) {
      bits_.Write(0b10, 2);
      bits_.Write(change >> trailing_, 64 - leading_ - trailing_);
      return;
    }
    leading_ = leading;
    trailing_ = trailing;
    const int meaning = 64 - leading - trailing;
    bits_.Write(0b11, 2);
    bits_.Write(static_cast<uint64_t>(leading), 5);
    bits_.Write(static_cast<uint64_t>(meaning), 6);
    bits_.Write(change >> trailing, meaning);
  }

  BitWriter bits_;
  uint64_t time_ = 0;
  uint64_t distance_ = 0;
  uint64_t value_ = 0;
  int leading_ = 65;  // more than any has: the first XOR is written in full
  int trailing_ = 65;
};

}  // namespace

void AppendXorChunk(std::span<const model::Timestamp> times, std::span<const double> values,
                    std::string* out) {
  out->push_back(static_cast<char>(times.size() >> 8));
  out->push_back(static_cast<char>(times.size() & 0xff));
  ChunkWriter writer(out);
  writer.First(times[0], values[0]);
  if (times.size() > 1) {
    writer.Second(times[1], values[1]);
  }
  for (size_t i = 2; i < times.size(); ++i) {
    writer.Next(times[i], values[i]);
  }
}

}  // namespace tidemark::query
