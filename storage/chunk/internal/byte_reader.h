// ByteReader walks the bytes of an encoded column; every read is checked against the end.
//
// A read that does not fit gives zeros and makes ok() false for good, so that a decoder may read
// all fields of a header and ask once. Thread-compatible; the bytes must outlive the reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "model/varint.h"

namespace tidemark::storage::internal {

class ByteReader {
 public:
  ByteReader() = default;  // of no bytes
  explicit ByteReader(std::string_view bytes) : p_(bytes.data()), end_(p_ + bytes.size()) {}

  bool ok() const { return ok_; }
  // Whether all bytes were read, and no read failed.
  bool done() const { return ok_ && p_ == end_; }
  size_t remaining() const { return static_cast<size_t>(end_ - p_); }

  uint8_t Byte() { return Fits(1) ? static_cast<uint8_t>(*p_++) : 0; }

  uint64_t Fixed64() {
    uint64_t v = 0;
    if (Fits(8)) {
      std::memcpy(&v, p_, 8);
      p_ += 8;
    }
    return v;
  }

  uint64_t Varint() {
    uint64_t v = 0;
    if (ok_ && p_ < end_ && static_cast<uint8_t>(*p_) < 0x80) [[likely]] {
      return static_cast<uint8_t>(*p_++);
    }
    const char* const next = ok_ ? model::GetVarint(p_, end_, &v) : nullptr;
    ok_ = next != nullptr;
    p_ = ok_ ? next : p_;
    return ok_ ? v : 0;
  }

  std::string_view Bytes(size_t size) {
    if (!Fits(size)) {
      return {};
    }
    const std::string_view bytes(p_, size);
    p_ += size;
    return bytes;
  }

  std::string_view Rest() { return Bytes(remaining()); }

 private:
  bool Fits(size_t size) {
    ok_ = ok_ && remaining() >= size;
    return ok_;
  }

  const char* p_ = nullptr;
  const char* end_ = nullptr;
  bool ok_ = true;
};

}  // namespace tidemark::storage::internal
