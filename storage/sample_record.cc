#include "storage/sample_record.h"

#include <algorithm>
#include <array>

#include "base/status_macros.h"

namespace tidemark::storage {
namespace {

static_assert(std::endian::native == std::endian::little, "values are copied as they are");

using sample_code::kGroupBytes;
using sample_code::kMaxIntegerBytes;
using sample_code::kPerGroup;
using sample_code::kRepeat;
using sample_code::kStep;

constexpr size_t kFirstCapacity = 8192;
// Enough to be worth a call, little enough to stay in the nearest cache.
constexpr size_t kRunSamples = 256;

// Bytes of the value behind each code.
constexpr std::array<uint8_t, 16> kLengths = {0, 1, 2, 3, 4, 5, 6, 2, 3, 4, 5, 6, 7, 8, 0, 0};

// Zigzag of the difference, which wraps around rather than overflows.
uint64_t Difference(int64_t value, int64_t before) {
  return model::ZigZag(
      static_cast<int64_t>(static_cast<uint64_t>(value) - static_cast<uint64_t>(before)));
}

int64_t Plus(int64_t before, uint64_t difference) {
  return static_cast<int64_t>(static_cast<uint64_t>(before) +
                              static_cast<uint64_t>(model::UnZigZag(difference)));
}

absl::Status Malformed() { return absl::DataLossError("samples record is malformed"); }

class Reader {
 public:
  using Visit = absl::FunctionRef<absl::Status(std::span<const JournalSample>)>;

  explicit Reader(std::string_view body) : p_(body.data()), end_(p_ + body.size()) {}

  absl::Status Read(Visit visit) {
    uint64_t codes = 0;
    p_ = model::GetVarint(p_, end_, &codes);
    while (p_ != nullptr && codes > 0) {
      const auto count = static_cast<unsigned>(std::min<uint64_t>(codes, kPerGroup));
      if (!ReadGroup(count)) {
        return Malformed();
      }
      codes -= count;
      if (run_size_ + kPerGroup > kRunSamples || codes == 0) {
        RETURN_IF_ERROR(visit({run_.data(), run_size_}));
        run_size_ = 0;
      }
    }
    return p_ == end_ ? absl::OkStatus() : Malformed();
  }

 private:
  size_t left() const { return static_cast<size_t>(end_ - p_); }

  bool ReadGroup(unsigned count) {
    if (left() < kGroupBytes) {
      return false;
    }
    uint64_t group = 0;
    std::memcpy(&group, p_, kGroupBytes);
    p_ += kGroupBytes;
    for (; count > 0; --count, group >>= sample_code::kBits) {
      const uint64_t code = group & ((1u << sample_code::kBits) - 1);
      if (!(code == kStep ? ReadStep() : ReadValue(code))) {
        return false;
      }
    }
    return true;
  }

  bool ReadStep() {
    uint64_t key = 0;
    uint64_t time = 0;
    p_ = model::GetVarint(p_, end_, &key);
    p_ = p_ == nullptr ? nullptr : model::GetVarint(p_, end_, &time);
    if (p_ == nullptr) {
      return false;
    }
    in_order_ = (key & 1) != 0;
    ref_ = Plus(ref_, key >> 1);
    time_ = Plus(time_, time);
    return true;
  }

  bool ReadValue(uint64_t code) {
    const size_t length = kLengths[code];
    uint64_t word = 0;
    if (left() >= sizeof(word)) [[likely]] {
      std::memcpy(&word, p_, sizeof(word));
      word &= length == 0 ? 0 : ~uint64_t{0} >> (64 - 8 * length);
    } else if (length <= left()) {
      std::memcpy(&word, p_, length);
    } else {
      return false;
    }
    p_ += length;
    const uint64_t integer_bits = model::ValueBits(static_cast<double>(static_cast<int64_t>(word)));
    const uint64_t bits = code <= kMaxIntegerBytes ? integer_bits : __builtin_bswap64(word);
    bits_ = code == kRepeat ? bits_ : bits;
    if (ref_ <= 0 || ref_ > UINT32_MAX) {
      return false;
    }
    run_[run_size_++] = {
        static_cast<SeriesRef>(ref_++), in_order_, {time_, std::bit_cast<double>(bits_)}};
    return true;
  }

  const char* p_;
  const char* const end_;
  int64_t ref_ = 1;
  bool in_order_ = true;
  model::Timestamp time_ = 0;
  uint64_t bits_ = 0;
  std::array<JournalSample, kRunSamples> run_;
  size_t run_size_ = 0;
};

}  // namespace

void SampleRecordWriter::Grow() {
  const size_t capacity = std::max(kFirstCapacity, 2 * capacity_);
  std::unique_ptr<char[]> grown(new char[capacity]);
  if (used_ > 0) {
    std::memcpy(grown.get(), buffer_.get(), used_);
  }
  buffer_ = std::move(grown);
  capacity_ = capacity;
}

void SampleRecordWriter::Step(SeriesRef ref, model::Timestamp time, bool in_order) {
  AddCode(kStep);
  char* end = buffer_.get() + used_;
  end = model::PutVarint(Difference(ref, next_ref_) << 1 | (in_order ? 1 : 0), end);
  end = model::PutVarint(Difference(time, time_), end);
  used_ = static_cast<size_t>(end - buffer_.get());
  time_ = time;
  in_order_ = in_order;
}

void SampleRecordWriter::BeginGroup() {
  StoreGroup();
  group_at_ = used_;
  used_ += kGroupBytes;
  group_ = 0;
}

// Before the first group there is none to store, and this writes where the first one goes.
void SampleRecordWriter::StoreGroup() {
  std::memcpy(buffer_.get() + group_at_, &group_, kGroupBytes);
}

size_t SampleRecordWriter::bytes() const {
  char count[model::kMaxVarintBytes];
  return used_ + static_cast<size_t>(model::PutVarint(codes_, count) - count);
}

void SampleRecordWriter::AppendTo(std::string* out) {
  model::AppendVarint(codes_, out);
  if (!empty()) {
    StoreGroup();
    out->append(buffer_.get(), used_);
  }
  used_ = 0;
  codes_ = 0;
  group_at_ = 0;
  next_ref_ = 1;
  in_order_ = true;
  time_ = 0;
  last_bits_ = 0;
}

absl::Status ReadSampleRecord(
    std::string_view body, absl::FunctionRef<absl::Status(std::span<const JournalSample>)> visit) {
  return Reader(body).Read(visit);
}

}  // namespace tidemark::storage
