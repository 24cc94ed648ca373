// A column of values begins with a byte that names its codec.
//
//   0  raw        8 bytes a value, the bits, little-endian
//   1  constant   8 bytes, the bits of all values
#include "storage/chunk/value_codec.h"

#include <algorithm>
#include <cstring>

#include "fmt/format.h"
#include "model/sample.h"
#include "storage/chunk/internal/byte_reader.h"

namespace tidemark::storage {
namespace {

using internal::ByteReader;

enum class Codec : uint8_t { kRaw = 0, kConstant = 1 };

bool IsConstant(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(),
                     [&values](double v) { return model::SameBits(v, values.front()); });
}

void AppendRaw(std::span<const double> values, std::string* out) {
  out->append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
}

bool DecodeRaw(ByteReader* reader, std::span<double> values) {
  const std::string_view bytes = reader->Bytes(values.size_bytes());
  if (reader->ok()) {
    std::memcpy(values.data(), bytes.data(), bytes.size());
  }
  return reader->done();
}

bool DecodeConstant(ByteReader* reader, std::span<double> values) {
  std::fill(values.begin(), values.end(), std::bit_cast<double>(reader->Fixed64()));
  return reader->done();
}

bool Decode(std::string_view bytes, std::span<double> values) {
  ByteReader reader(bytes);
  switch (static_cast<Codec>(reader.Byte())) {
    case Codec::kRaw:
      return DecodeRaw(&reader, values);
    case Codec::kConstant:
      return DecodeConstant(&reader, values);
  }
  return false;
}

}  // namespace

void AppendValues(std::span<const double> values, std::string* out) {
  const bool constant = IsConstant(values);
  out->push_back(static_cast<char>(constant ? Codec::kConstant : Codec::kRaw));
  AppendRaw(constant ? values.first(1) : values, out);
}

absl::Status DecodeValues(std::string_view bytes, std::span<double> values) {
  return Decode(bytes, values)
             ? absl::OkStatus()
             : absl::DataLossError(fmt::format("column of {} values is malformed", values.size()));
}

}  // namespace tidemark::storage
