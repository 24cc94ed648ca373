// The body of a samples record of the journal: references, times and values of a request's samples
// in two to three bytes each.
//
// Senders write scrape by scrape: the next sample is mostly of the next series, at the same time,
// in order. So a sample costs a code of four bits and the bytes of its value; where something else
// changes, a code says so and what follows tells. Codes go in groups of sixteen, ahead of their
// bytes. A body stands alone: nothing refers to an earlier one. Drawn in
// docs/format/journal_records.md.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "model/sample.h"
#include "model/varint.h"
#include "storage/types.h"

namespace tidemark::storage {

struct JournalSample {
  SeriesRef ref = 0;
  bool in_order = false;
  model::Sample sample;
};

namespace sample_code {

// A code of 0 to 6 is an integer of so many bytes, 7 to 13 the first 2 to 8 bytes of a double.
inline constexpr uint64_t kMaxIntegerBytes = 6;
inline constexpr uint64_t kMinDoubleBytes = 2;
inline constexpr uint64_t kDouble = kMaxIntegerBytes + 1 - kMinDoubleBytes;  // plus its bytes
inline constexpr uint64_t kRepeat = 14;  // the bits of the value before
inline constexpr uint64_t kStep = 15;    // no sample: reference, time or order change

inline constexpr unsigned kBits = 4;
inline constexpr size_t kGroupBytes = sizeof(uint64_t);
inline constexpr size_t kPerGroup = 8 * kGroupBytes / kBits;

}  // namespace sample_code

// Gathers a body. Allocates nothing once its buffer has the size of the largest body so far.
// Thread-compatible.
class SampleRecordWriter {
 public:
  bool empty() const { return codes_ == 0; }

  void Add(SeriesRef ref, model::Sample sample, bool in_order) {
    if (room() < kMaxBytesPerSample) [[unlikely]] {
      Grow();
    }
    if (ref != next_ref_ || sample.t != time_ || in_order != in_order_) [[unlikely]] {
      Step(ref, sample.t, in_order);
    }
    AddValue(model::ValueBits(sample.v), Clamped(sample.v));
    next_ref_ = int64_t{ref} + 1;
  }

  // Bytes of the body.
  size_t bytes() const;
  // Appends the body to `out`; the writer is empty afterwards and keeps its memory.
  void AppendTo(std::string* out);

 private:
  // Two groups may begin, a step and a value be written, and eight bytes are stored for each value.
  static constexpr size_t kMaxBytesPerSample =
      2 * sample_code::kGroupBytes + 2 * model::kMaxVarintBytes + sizeof(uint64_t);

  // `v` where it is in the range of the short integers, else some number there.
  static double Clamped(double v) {
    constexpr double kMax =
        static_cast<double>((uint64_t{1} << (8 * sample_code::kMaxIntegerBytes)) - 1);
    const double positive = v > 0 ? v : 0;
    return positive < kMax ? positive : kMax;
  }

  // What a value is changes from sample to sample beyond prediction: masks, not branches.
  void AddValue(uint64_t bits, double clamped) {
    const auto integer = static_cast<int64_t>(clamped);
    const uint64_t integers = Mask(model::ValueBits(static_cast<double>(integer)) == bits);
    const uint64_t kept = ~Mask(bits == last_bits_);
    const uint64_t word =
        (static_cast<uint64_t>(integer) & integers) | (__builtin_bswap64(bits) & ~integers);
    const uint64_t significant =
        static_cast<uint64_t>(71 - std::countl_zero(word | 1)) / 8 - (Mask(word == 0) & 1);
    const uint64_t length = std::max(significant, sample_code::kMinDoubleBytes & ~integers) & kept;
    AddCode(((length + (sample_code::kDouble & ~integers)) & kept) |
            (sample_code::kRepeat & ~kept));
    std::memcpy(buffer_.get() + used_, &word, sizeof(word));
    used_ += length;
    last_bits_ = bits;
  }

  static uint64_t Mask(bool set) { return 0 - static_cast<uint64_t>(set); }

  void AddCode(uint64_t code) {
    const size_t place = codes_++ % sample_code::kPerGroup;
    if (place == 0) [[unlikely]] {
      BeginGroup();
    }
    group_ |= code << (sample_code::kBits * place);
  }

  size_t room() const { return capacity_ - used_; }
  void Grow();
  void Step(SeriesRef ref, model::Timestamp time, bool in_order);
  void BeginGroup();
  void StoreGroup();

  std::unique_ptr<char[]> buffer_;
  size_t capacity_ = 0;
  size_t used_ = 0;
  size_t codes_ = 0;
  uint64_t group_ = 0;   // the codes of the group being filled
  size_t group_at_ = 0;  // where they go
  int64_t next_ref_ = 1;
  bool in_order_ = true;
  model::Timestamp time_ = 0;
  uint64_t last_bits_ = 0;
};

// Decodes `body` and hands the samples over in runs. DataLoss when the bytes are no body, maybe
// after some runs; the first error of `visit` ends the walk and is returned.
absl::Status ReadSampleRecord(
    std::string_view body, absl::FunctionRef<absl::Status(std::span<const JournalSample>)> visit);

}  // namespace tidemark::storage
