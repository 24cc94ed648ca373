#include "ingest/internal/wire_reader.h"

#include <bit>
#include <cstring>
#include <limits>

#include "fmt/format.h"

namespace tidemark::ingest::internal {
namespace {

static_assert(std::endian::native == std::endian::little, "fixed64 is read as it lies in memory");

constexpr int kMaxTagBytes = 5;
constexpr int kMaxLengthBytes = 5;
constexpr int kMaxVarintBytes = 10;
// The library keeps its slop bytes below the largest int.
constexpr uint64_t kMaxLength = std::numeric_limits<int32_t>::max() - 16;

// Reads a varint of at most `max_bytes` from [p, end); bits above 64 are dropped. The byte behind
// it, or nullptr when it does not end in time.
const char* GetVarint(const char* p, const char* end, int max_bytes, uint64_t* value) {
  uint64_t result = 0;
  for (int i = 0; i < max_bytes && p != end; ++i) {
    const uint64_t byte = static_cast<uint8_t>(*p++);
    result |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      *value = result;
      return p;
    }
  }
  return nullptr;
}

}  // namespace

std::string WireFault::Describe(const char* begin) const {
  return fmt::format("expected {} at byte {}", expected, at - begin);
}

bool WireReader::ReadLongTag(uint32_t* tag) {
  uint64_t value = 0;
  const char* next = GetVarint(p_, end_, kMaxTagBytes, &value);
  if (next == nullptr) {
    return Fail(p_, "a field tag of at most five bytes");
  }
  *tag = static_cast<uint32_t>(value);
  if (*tag >> 3 == 0) {
    return Fail(p_, kFieldNumber);
  }
  p_ = next;
  return true;
}

bool WireReader::ReadLongLength(size_t* length) {
  uint64_t value = 0;
  const char* next = GetVarint(p_, end_, kMaxLengthBytes, &value);
  if (next == nullptr || value > kMaxLength) {
    return Fail(p_, "a length of at most five bytes, below 2 GiB");
  }
  *length = value;
  p_ = next;
  return true;
}

bool WireReader::ReadVarint(uint64_t* value) {
  const char* next = GetVarint(p_, end_, kMaxVarintBytes, value);
  if (next == nullptr) {
    return Fail(p_, "a number of at most ten bytes");
  }
  p_ = next;
  return true;
}

bool WireReader::ReadFixed64(uint64_t* bits) {
  if (end_ - p_ < static_cast<ptrdiff_t>(sizeof(*bits))) {
    return Fail(p_, "eight bytes");
  }
  std::memcpy(bits, p_, sizeof(*bits));
  p_ += sizeof(*bits);
  return true;
}

bool WireReader::SkipBytes(size_t count) {
  if (count > static_cast<size_t>(end_ - p_)) {
    return Fail(p_, count == 8 ? "eight bytes" : "four bytes");
  }
  p_ += count;
  return true;
}

bool WireReader::Skip(uint32_t tag, int nesting) {
  uint64_t number = 0;
  std::string_view bytes;
  switch (tag & 7) {
    case kVarint:
      return ReadVarint(&number);
    case kFixed64:
      return SkipBytes(8);
    case kLengthDelimited:
      return ReadBytes(&bytes);
    case kStartGroup:
      return SkipGroup(tag, nesting);
    case kFixed32:
      return SkipBytes(4);
    case kEndGroup:
      return Fail(p_, "no end of a group that was not begun before");
    default:
      return Fail(p_, "a wire type from 0 to 5 before");
  }
}

bool WireReader::SkipGroup(uint32_t start_tag, int nesting) {
  if (nesting <= 0) {
    return Fail(p_, "no more than a hundred levels of nesting");
  }
  const uint32_t end_tag = start_tag + (kEndGroup - kStartGroup);
  while (!done()) {
    uint32_t tag = 0;
    if (!ReadTag(&tag)) {
      return false;
    }
    if (tag == end_tag) {
      return true;
    }
    if (!Skip(tag, nesting - 1)) {
      return false;
    }
  }
  return Fail(p_, "the end of a group");
}

}  // namespace tidemark::ingest::internal
