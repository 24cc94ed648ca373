#include "ingest/utf8.h"

#include <cstdint>
#include <string>

#include <gtest/gtest.h>

namespace tidemark::ingest {
namespace {

// A second definition, by code points: what is encoded must be what an encoder would write.
std::string Encode(uint32_t code_point) {
  const auto byte = [](uint32_t bits) { return static_cast<char>(bits); };
  const auto later = [&](unsigned shift) { return byte(0x80 | ((code_point >> shift) & 0x3f)); };
  if (code_point < 0x80) {
    return {byte(code_point)};
  }
  if (code_point < 0x800) {
    return {byte(0xc0 | code_point >> 6), later(0)};
  }
  if (code_point < 0x10000) {
    return {byte(0xe0 | code_point >> 12), later(6), later(0)};
  }
  return {byte(0xf0 | code_point >> 18), later(12), later(6), later(0)};
}

TEST(Utf8, AcceptsEveryCodePointExceptSurrogates) {
  for (uint32_t code_point = 0; code_point < 0x110000; ++code_point) {
    const bool surrogate = code_point >= 0xd800 && code_point < 0xe000;
    const std::string text = Encode(code_point);
    ASSERT_EQ(IsValidUtf8(text), !surrogate) << code_point;
    ASSERT_EQ(Utf8CharacterLength(text + "x"), surrogate ? 0 : text.size()) << code_point;
  }
}

TEST(Utf8, RefusesCodePointsBehindTheLast) {
  for (uint32_t code_point = 0x110000; code_point < 0x200000; ++code_point) {
    ASSERT_FALSE(IsValidUtf8(Encode(code_point))) << code_point;
  }
}

TEST(Utf8, AcceptsNoOtherTwoAndThreeByteTexts) {
  // Every text of three bytes whose first is no ASCII, against the code points it could spell.
  size_t characters = 0;
  for (uint32_t bits = 0x800000; bits < 0x1000000; ++bits) {
    const std::string text = {static_cast<char>(bits >> 16), static_cast<char>(bits >> 8),
                              static_cast<char>(bits)};
    characters += Utf8CharacterLength(text) == 3 ? 1 : 0;
  }
  EXPECT_EQ(characters, 0x10000U - 0x800 - 0x800);
  size_t pairs = 0;
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const std::string text = {static_cast<char>(bits >> 8), static_cast<char>(bits)};
    pairs += Utf8CharacterLength(text) == 2 ? 1 : 0;
  }
  EXPECT_EQ(pairs, 0x800U - 0x80);
}

TEST(Utf8, RefusesOverlongFourByteForms) {
  for (uint32_t code_point = 0; code_point < 0x10000; ++code_point) {
    const std::string text = {'\xf0', static_cast<char>(0x80 | code_point >> 12),
                              static_cast<char>(0x80 | ((code_point >> 6) & 0x3f)),
                              static_cast<char>(0x80 | (code_point & 0x3f))};
    ASSERT_FALSE(IsValidUtf8(text)) << code_point;
  }
}

TEST(Utf8, FindsOneBadByteAtEveryPlace) {
  for (size_t size = 1; size < 40; ++size) {
    for (size_t at = 0; at < size; ++at) {
      std::string text(size, 'a');
      EXPECT_TRUE(IsValidUtf8(text));
      text[at] = '\x80';
      EXPECT_FALSE(IsValidUtf8(text)) << size << " " << at;
    }
  }
}

TEST(Utf8, RefusesCharactersCutShort) {
  for (const std::string& whole : {Encode(0xe9), Encode(0x20ac), Encode(0x1f600)}) {
    for (size_t n = 1; n < whole.size(); ++n) {
      EXPECT_FALSE(IsValidUtf8(whole.substr(0, n)));
      EXPECT_FALSE(IsValidUtf8("label" + whole.substr(0, n) + "value"));
    }
  }
}

TEST(Utf8, AcceptsTheEmptyTextAndZeroBytes) {
  EXPECT_TRUE(IsValidUtf8(""));
  EXPECT_TRUE(IsValidUtf8(std::string(9, '\0')));
  EXPECT_EQ(Utf8CharacterLength(""), 0U);
}

}  // namespace
}  // namespace tidemark::ingest
