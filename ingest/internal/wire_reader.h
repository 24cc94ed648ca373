// WireReader reads the fields of one Protocol Buffers message from its bytes.
//
// It takes exactly what the protobuf library's C++ parser takes: tags of at most five bytes whose
// bits above 32 are dropped, lengths of at most five bytes, varints of at most ten, groups, and
// a hundred levels of nesting. A reader looks at bytes it does not own and never copies them.
// Thread-compatible. After a failed read the reader may only be dropped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tidemark::ingest::internal {

enum WireType : uint32_t {
  kVarint = 0,
  kFixed64 = 1,
  kLengthDelimited = 2,
  kStartGroup = 3,
  kEndGroup = 4,
  kFixed32 = 5,
};

// The tag of field `number`, as ReadTag gives it.
constexpr uint32_t Tag(uint32_t number, WireType type) { return number << 3 | type; }

// How many messages and groups may lie in each other below the outermost message.
inline constexpr int kMaxNesting = 100;

// Where and why reading failed; shared by all readers of one request.
struct WireFault {
  const char* at = nullptr;
  const char* expected = nullptr;

  // "expected <what> at byte <offset from begin>".
  std::string Describe(const char* begin) const;
};

class WireReader {
 public:
  // `fault` must outlive the reader; a failed read fills it.
  WireReader(std::string_view message, WireFault* fault)
      : p_(message.data()), end_(p_ + message.size()), fault_(fault) {}

  bool done() const { return p_ == end_; }
  const char* position() const { return p_; }

  [[nodiscard]] bool ReadTag(uint32_t* tag) {
    if (p_ != end_ && static_cast<uint8_t>(*p_) < 0x80) [[likely]] {
      *tag = static_cast<uint8_t>(*p_++);
      return (*tag >> 3) != 0 || Fail(p_ - 1, kFieldNumber);
    }
    return ReadLongTag(tag);
  }

  // The payload of a length-delimited field.
  [[nodiscard]] bool ReadBytes(std::string_view* bytes) {
    size_t length = 0;
    if (!ReadLength(&length)) {
      return false;
    }
    if (length > static_cast<size_t>(end_ - p_)) [[unlikely]] {
      return Fail(p_, "no more bytes than the enclosing message has");
    }
    *bytes = {p_, length};
    p_ += length;
    return true;
  }

  [[nodiscard]] bool ReadVarint(uint64_t* value);
  [[nodiscard]] bool ReadFixed64(uint64_t* bits);

  // Passes over the value of a field whose tag was read. `nesting` is the number of levels that
  // may still be opened.
  [[nodiscard]] bool Skip(uint32_t tag, int nesting);

  // Records the first fault; false, to be returned.
  bool Fail(const char* at, const char* expected) {
    *fault_ = {at, expected};
    return false;
  }

 private:
  static constexpr const char* kFieldNumber = "a field number above 0";

  bool ReadLength(size_t* length) {
    if (end_ - p_ >= 2) [[likely]] {
      const auto first = static_cast<uint8_t>(p_[0]);
      const auto second = static_cast<uint8_t>(p_[1]);
      if (first < 0x80) {
        *length = first;
        p_ += 1;
        return true;
      }
      if (second < 0x80) {
        *length = (first & 0x7fU) | static_cast<size_t>(second) << 7;
        p_ += 2;
        return true;
      }
    }
    return ReadLongLength(length);
  }

  bool ReadLongTag(uint32_t* tag);
  bool ReadLongLength(size_t* length);
  bool SkipBytes(size_t count);
  bool SkipGroup(uint32_t start_tag, int nesting);

  const char* p_;
  const char* end_;
  WireFault* fault_;
};

}  // namespace tidemark::ingest::internal
