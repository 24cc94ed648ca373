// A block is the unpacked length as a varint, then elements. The low two bits of an element's first
// byte tell its kind, the others hold n:
//
//   0  literal  n < 60: n + 1 bytes follow; n = 60 … 63: a length less one of n - 59 bytes, then
//               the bytes
//   1  copy     (n & 7) + 4 bytes, offset n >> 3 << 8 | next byte
//   2  copy     n + 1 bytes, offset in the next two bytes
//   3  copy     n + 1 bytes, offset in the next four bytes
//
// A copy repeats what was unpacked `offset` bytes before, and may reach into itself.
#include "ingest/internal/snappy_decoder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace tidemark::ingest::internal {
namespace {

static_assert(std::endian::native == std::endian::little, "offsets are read as they lie");

constexpr size_t kWord = 16;
// The longest literal without a length of its own, and what a copy can be at most.
constexpr size_t kShortLiteral = 60;
constexpr size_t kMaxCopy = 64;
static_assert(kMaxCopy == 4 * kWord && kMaxCopy <= kUnpackSlop);

// What may be read ahead at an element: its first byte, its offset, or a short literal in words.
constexpr size_t kReach = 1 + kMaxCopy;

template <typename T>
size_t Load(const char* p) {
  T value = 0;
  std::memcpy(&value, p, sizeof(value));
  return value;
}

// Moves one word; the two may overlap.
inline void MoveWord(const char* from, char* to) {
  char word[kWord];
  std::memcpy(word, from, kWord);
  std::memcpy(to, word, kWord);
}

// Writes one word or kMaxCopy bytes. REQUIRES: `from` is a word or more away from `to`.
inline void MoveWords(const char* from, char* to, size_t length) {
  MoveWord(from, to);
  if (length > kWord) {
    MoveWord(from + kWord, to + kWord);
    MoveWord(from + 2 * kWord, to + 2 * kWord);
    MoveWord(from + 3 * kWord, to + 3 * kWord);
  }
}

// A copy that reaches into its own first word.
void Repeat(const char* from, char* to, size_t length) {
  for (size_t i = 0; i < length; ++i) {
    to[i] = from[i];
  }
}

class Unpacker {
 public:
  Unpacker(std::string_view elements, char* out, size_t size)
      : in_(elements.data()),
        in_end_(in_ + elements.size()),
        begin_(out),
        out_(out),
        out_end_(out + size) {}

  bool Run() {
    while (static_cast<size_t>(in_end_ - in_) >= kReach) {
      if (!Element()) {
        return false;
      }
    }
    return Rest() && out_ == out_end_;
  }

 private:
  // The end of the block, where elements are read from a copy with bytes to read behind it.
  bool Rest() {
    std::array<char, 2 * kReach> tail{};
    const size_t left = static_cast<size_t>(in_end_ - in_);
    std::copy(in_, in_end_, tail.begin());
    in_ = tail.data();
    in_end_ = in_ + left;
    while (in_ != in_end_) {
      if (!Element()) {
        return false;
      }
    }
    return true;
  }

  // REQUIRES: kReach bytes can be read, of which those before in_end_ are the block's.
  [[gnu::always_inline]] bool Element() {
    const auto first = static_cast<uint8_t>(*in_);
    const size_t n = first >> 2;
    switch (first & 3) {
      case 0:
        return n < kShortLiteral ? ShortLiteral(n + 1) : LongLiteral(n - kShortLiteral + 1);
      case 1:
        return Copy(2, (n & 7) + 4, (n >> 3) << 8 | Load<uint8_t>(in_ + 1));
      case 2:
        return Copy(3, n + 1, Load<uint16_t>(in_ + 1));
      default:
        return Copy(5, n + 1, Load<uint32_t>(in_ + 1));
    }
  }

  [[gnu::always_inline]] bool ShortLiteral(size_t length) {
    if (1 + length > In() || length > Out()) [[unlikely]] {
      return false;
    }
    MoveWords(in_ + 1, out_, length);
    in_ += 1 + length;
    out_ += length;
    return true;
  }

  [[gnu::always_inline]] bool LongLiteral(size_t length_bytes) {
    const size_t length = (Load<uint32_t>(in_ + 1) & ~uint32_t{0} >> (32 - 8 * length_bytes)) + 1;
    if (1 + length_bytes > In() || length > In() - 1 - length_bytes || length > Out()) {
      return false;
    }
    std::memcpy(out_, in_ + 1 + length_bytes, length);
    in_ += 1 + length_bytes + length;
    out_ += length;
    return true;
  }

  [[gnu::always_inline]] bool Copy(size_t element_bytes, size_t length, size_t offset) {
    // An offset of zero wraps around and is refused with those that reach before the beginning.
    if (offset - 1 >= static_cast<size_t>(out_ - begin_) || length > Out() || element_bytes > In())
        [[unlikely]] {
      return false;
    }
    if (offset >= kWord) [[likely]] {
      MoveWords(out_ - offset, out_, length);
    } else {
      Repeat(out_ - offset, out_, length);
    }
    in_ += element_bytes;
    out_ += length;
    return true;
  }

  size_t In() const { return static_cast<size_t>(in_end_ - in_); }
  size_t Out() const { return static_cast<size_t>(out_end_ - out_); }

  const char* in_;
  const char* in_end_;
  const char* const begin_;
  char* out_;
  char* const out_end_;
};

std::string_view WithoutLength(std::string_view block) {
  size_t bytes = 1;
  while ((static_cast<uint8_t>(block[bytes - 1]) & 0x80) != 0) {
    ++bytes;
  }
  return block.substr(bytes);
}

}  // namespace

bool UnpackSnappy(std::string_view block, size_t size, char* out) {
  return Unpacker(WithoutLength(block), out, size).Run();
}

}  // namespace tidemark::ingest::internal
