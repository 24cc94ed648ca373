// A column of values begins with a byte that names its codec.
//
//   0  raw        8 bytes a value, the bits, little-endian
//   1  constant   8 bytes, the bits of all values
//   2  numbers    the values are whole numbers under a rule (internal/value_numbers.h):
//
//        rule      1 byte
//        scale     1 byte
//        specials  varint    how many values the rule does not give
//                  varints   of each: values between it and the one before
//                  8 bytes   of each: its bits, little-endian
//        first     varint    zigzag
//        numbers   the rest  internal/number_column.h
#include "storage/chunk/value_codec.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/check.h"
#include "fmt/format.h"
#include "model/sample.h"
#include "storage/chunk/internal/number_column.h"
#include "storage/chunk/internal/value_numbers.h"

namespace tidemark::storage {
namespace {

using internal::ByteReader;
using internal::NumberDecoder;
using internal::Rule;
using internal::ValueNumbers;

enum class Codec : uint8_t { kRaw = 0, kConstant = 1, kNumbers = 2 };

bool IsConstant(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(),
                     [&values](double v) { return model::SameBits(v, values.front()); });
}

void AppendRaw(Codec codec, std::span<const double> values, std::string* out) {
  out->push_back(static_cast<char>(codec));
  out->append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
}

void AppendSpecials(std::span<const double> values, std::span<const size_t> specials,
                    std::string* out) {
  model::AppendVarint(specials.size(), out);
  size_t next = 0;
  for (const size_t i : specials) {
    model::AppendVarint(i - next, out);
    next = i + 1;
  }
  for (const size_t i : specials) {
    out->append(reinterpret_cast<const char*>(&values[i]), sizeof values[i]);
  }
}

void AppendAsNumbers(std::span<const double> values, std::string* out) {
  const ValueNumbers numbers = internal::ToNumbers(values);
  out->push_back(static_cast<char>(Codec::kNumbers));
  out->push_back(static_cast<char>(numbers.rule));
  out->push_back(static_cast<char>(numbers.scale));
  AppendSpecials(values, numbers.specials, out);
  model::AppendVarint(model::ZigZag(numbers.numbers.front()), out);
  internal::AppendNumbers(numbers.numbers, out);
}

// The values from number `from` on of a column of `count`.
struct Wanted {
  size_t count;
  size_t from;
  std::span<double> values;

  size_t to() const { return from + values.size(); }
};

bool DecodeRaw(ByteReader* reader, const Wanted& wanted) {
  const std::string_view bytes = reader->Bytes(wanted.count * sizeof(double));
  if (reader->ok() && !wanted.values.empty()) {
    std::memcpy(wanted.values.data(), bytes.data() + wanted.from * sizeof(double),
                wanted.values.size_bytes());
  }
  return reader->done();
}

bool DecodeConstant(ByteReader* reader, std::span<double> values) {
  std::fill(values.begin(), values.end(), std::bit_cast<double>(reader->Fixed64()));
  return reader->done();
}

// The values that the rule of a column does not give.
class Specials {
 public:
  bool Read(ByteReader* reader, size_t values) {
    count_ = reader->Varint();
    // Each takes nine bytes at least.
    if (count_ > values || count_ > reader->remaining() / 9) {
      return false;
    }
    gaps_ = *reader;
    size_t next = 0;
    for (size_t i = 0; i < count_; ++i) {
      const uint64_t gap = reader->Varint();
      if (gap >= values - next) {
        return false;
      }
      next += gap + 1;
    }
    bits_ = ByteReader(reader->Bytes(8 * count_));
    return reader->ok();
  }

  void Put(const Wanted& wanted) {
    size_t next = 0;
    for (size_t i = 0; i < count_; ++i) {
      next += gaps_.Varint();
      const auto v = std::bit_cast<double>(bits_.Fixed64());
      if (next >= wanted.from && next < wanted.to()) {
        wanted.values[next - wanted.from] = v;
      }
      ++next;
    }
  }

 private:
  size_t count_ = 0;
  ByteReader gaps_;
  ByteReader bits_;
};

// Makes values of the numbers that are wanted; `numbers` begin with number `begin` of the column.
void TakeWanted(const Wanted& wanted, Rule rule, uint8_t scale, size_t begin,
                std::span<const int64_t> numbers) {
  const size_t from = std::max(begin, wanted.from);
  const size_t to = std::min(begin + numbers.size(), wanted.to());
  if (from < to) {
    internal::ToValues(rule, scale, numbers.subspan(from - begin, to - from),
                       wanted.values.subspan(from - wanted.from, to - from));
  }
}

bool DecodeNumbers(ByteReader* reader, const Wanted& wanted) {
  const uint8_t rule = reader->Byte();
  const uint8_t scale = reader->Byte();
  Specials specials;
  if (!internal::IsRule(rule, scale) || !specials.Read(reader, wanted.count)) {
    return false;
  }
  const int64_t first = model::UnZigZag(reader->Varint());
  NumberDecoder decoder;
  if (!decoder.Open(reader, wanted.count, first)) {
    return false;
  }
  std::array<int64_t, NumberDecoder::kBlock> buffer;
  for (size_t next = 0; next < wanted.to();) {
    const std::span<int64_t> numbers =
        std::span(buffer).first(std::min(wanted.to() - next, NumberDecoder::kBlock));
    decoder.Next(numbers);
    TakeWanted(wanted, static_cast<Rule>(rule), scale, next, numbers);
    next += numbers.size();
  }
  specials.Put(wanted);
  return true;
}

bool Decode(std::string_view bytes, const Wanted& wanted) {
  ByteReader reader(bytes);
  switch (static_cast<Codec>(reader.Byte())) {
    case Codec::kRaw:
      return DecodeRaw(&reader, wanted);
    case Codec::kConstant:
      return DecodeConstant(&reader, wanted.values);
    case Codec::kNumbers:
      return DecodeNumbers(&reader, wanted);
  }
  return false;
}

}  // namespace

void AppendValues(std::span<const double> values, std::string* out) {
  TIDEMARK_DCHECK(!values.empty(), "a column without values");
  if (IsConstant(values)) {
    return AppendRaw(Codec::kConstant, values.first(1), out);
  }
  const size_t begin = out->size();
  AppendAsNumbers(values, out);
  if (out->size() - begin > values.size_bytes()) {
    out->resize(begin);
    AppendRaw(Codec::kRaw, values, out);
  }
}

absl::Status DecodeValues(std::string_view bytes, std::span<double> values) {
  return DecodeValues(bytes, values.size(), 0, values);
}

absl::Status DecodeValues(std::string_view bytes, size_t count, size_t from,
                          std::span<double> values) {
  return Decode(bytes, {count, from, values})
             ? absl::OkStatus()
             : absl::DataLossError(fmt::format("column of {} values is malformed", count));
}

}  // namespace tidemark::storage
