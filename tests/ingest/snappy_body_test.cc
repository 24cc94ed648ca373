#include "ingest/snappy_body.h"

#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status_macros.h"
#include "snappy.h"

namespace tidemark::ingest {
namespace {

using ::testing::HasSubstr;

constexpr size_t kLimit = 32U << 20;

std::string Compress(std::string_view text) {
  std::string compressed;
  snappy::Compress(text.data(), text.size(), &compressed);
  return compressed;
}

std::string DeclaredLength(uint32_t length) {
  std::string out;
  for (; length >= 0x80; length >>= 7) {
    out.push_back(static_cast<char>(length | 0x80));
  }
  out.push_back(static_cast<char>(length));
  return out;
}

void ExpectRefused(std::string_view compressed, size_t limit, std::string_view text) {
  Buffer buffer;
  const absl::Status status = DecompressBody(compressed, limit, &buffer);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(base::Message(status)), HasSubstr(std::string(text)));
  EXPECT_EQ(buffer.size(), 0U);
}

TEST(DecompressBody, RestoresTextsOfEverySize) {
  Buffer buffer;
  std::mt19937 rng(11);
  for (size_t size = 0; size < 200000; size = size * 2 + 1) {
    std::string text(size, 'x');
    for (char& c : text) {
      c = static_cast<char>(rng() % 4);
    }
    ASSERT_TRUE(DecompressBody(Compress(text), kLimit, &buffer).ok()) << size;
    ASSERT_EQ(buffer.view(), text) << size;
  }
}

TEST(DecompressBody, RestoresTheMostCompressibleText) {
  Buffer buffer;
  const std::string text(1U << 20, 'x');
  ASSERT_TRUE(DecompressBody(Compress(text), kLimit, &buffer).ok());
  EXPECT_EQ(buffer.view(), text);
}

TEST(DecompressBody, AcceptsExactlyTheLimit) {
  Buffer buffer;
  const std::string compressed = Compress(std::string(1000, 'x'));
  EXPECT_TRUE(DecompressBody(compressed, 1000, &buffer).ok());
  ExpectRefused(compressed, 999, "declares 1000 bytes, more than the limit of 999");
}

TEST(DecompressBody, TakesNoMemoryForAFalseClaim) {
  Buffer buffer;
  for (const uint32_t claim : {0xffffffffU, 0x80000000U, 1U << 25}) {
    const std::string body = DeclaredLength(claim) + "\x04gg";
    EXPECT_FALSE(DecompressBody(body, size_t{1} << 40, &buffer).ok());
    EXPECT_EQ(buffer.capacity(), 0U) << claim;
  }
  ExpectRefused(DeclaredLength(0xffffffffU) + "x", kLimit, "declares 4294967295 bytes");
}

TEST(DecompressBody, RefusesEveryTruncation) {
  const std::string whole = Compress("a sender's request, a sender's request, cut short here");
  for (size_t n = 0; n < whole.size(); ++n) {
    Buffer buffer;
    EXPECT_FALSE(DecompressBody(whole.substr(0, n), kLimit, &buffer).ok()) << n;
    EXPECT_EQ(buffer.size(), 0U);
  }
  ExpectRefused("", kLimit, "no valid length");
  ExpectRefused(whole.substr(0, 12), kLimit, "truncated or corrupt");
}

TEST(DecompressBody, RefusesBytesBehindTheBlock) {
  ExpectRefused(Compress("text") + "more", kLimit, "truncated or corrupt");
}

TEST(DecompressBody, RefusesTheFramedFormat) {
  ExpectRefused(std::string("\xff\x06\x00\x00sNaPpY", 10), kLimit, "snappy block");
}

// What the library says of the same block, and its bytes.
bool LibraryUnpacks(std::string_view block, std::string* text) {
  return snappy::Uncompress(block.data(), block.size(), text);
}

TEST(DecompressBody, TakesExactlyTheBlocksThatTheLibraryTakes) {
  std::mt19937 rng(3);
  Buffer buffer;
  std::string expected;
  size_t accepted = 0;
  constexpr size_t kRounds = 20'000;
  for (size_t round = 0; round < kRounds; ++round) {
    std::string text;
    for (size_t n = rng() % (round % 50 == 0 ? 100'000 : 300); n > 0; --n) {
      text.push_back(static_cast<char>('a' + rng() % (1 + round % 7)));
    }
    std::string block = Compress(text);
    for (size_t damages = rng() % 3; damages > 0 && !block.empty(); --damages) {
      const size_t at = rng() % block.size();
      switch (rng() % 4) {
        case 0:
          block[at] = static_cast<char>(rng());
          break;
        case 1:
          block.erase(at, 1);
          break;
        case 2:
          block.insert(at, 1, static_cast<char>(rng()));
          break;
        default:
          block.resize(at);
      }
    }
    const bool unpacked = DecompressBody(block, kLimit, &buffer).ok();
    size_t declared = 0;
    if (snappy::GetUncompressedLength(block.data(), block.size(), &declared) &&
        declared <= block.size() * 22) {
      ASSERT_EQ(unpacked, LibraryUnpacks(block, &expected)) << "round " << round;
      ASSERT_TRUE(!unpacked || buffer.view() == expected) << "round " << round;
      accepted += unpacked ? 1 : 0;
    } else {
      ASSERT_FALSE(unpacked) << "round " << round;
    }
  }
  EXPECT_GT(accepted, kRounds / 4);
  EXPECT_LT(accepted, kRounds);
}

TEST(DecompressBody, RestoresLiteralsWithALengthOfTheirOwn) {
  std::mt19937 rng(5);
  Buffer buffer;
  for (const size_t size : {60U, 61U, 256U, 257U, 65'536U, 65'537U}) {
    std::string text(size, '\0');
    for (char& c : text) {
      c = static_cast<char>(rng());
    }
    ASSERT_TRUE(DecompressBody(Compress(text), kLimit, &buffer).ok()) << size;
    ASSERT_EQ(buffer.view(), text) << size;
  }
}

TEST(Buffer, KeepsItsMemoryAcrossRequestsUntilTrimmed) {
  Buffer buffer;
  const char* first = buffer.Resize(1000);
  EXPECT_EQ(buffer.Resize(10), first);
  EXPECT_EQ(buffer.size(), 10U);
  buffer.Trim(1000);
  EXPECT_EQ(buffer.size(), 0U);
  EXPECT_EQ(buffer.capacity(), 1000U);
  buffer.Trim(999);
  EXPECT_EQ(buffer.capacity(), 0U);
}

}  // namespace
}  // namespace tidemark::ingest
