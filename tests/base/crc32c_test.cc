#include "base/crc32c.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace tidemark::base {
namespace {

std::string Ascending(size_t length) {
  std::string bytes(length, '\0');
  for (size_t i = 0; i < length; ++i) {
    bytes[i] = static_cast<char>(i);
  }
  return bytes;
}

// Vectors of RFC 3720, appendix B.4.
TEST(Crc32c, GivesThePublishedChecksums) {
  EXPECT_EQ(Crc32c(""), 0u);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(Crc32c(Ascending(32)), 0x46dd794eu);
}

TEST(Crc32c, ContinuesWhereACheckSumEnds) {
  const std::string bytes = Ascending(100);
  for (size_t split = 0; split <= bytes.size(); ++split) {
    EXPECT_EQ(ExtendCrc32c(Crc32c(bytes.substr(0, split)), bytes.substr(split)), Crc32c(bytes))
        << split;
  }
}

TEST(Crc32c, IsTheSameByTableAndByInstruction) {
  std::mt19937_64 random(7);
  for (size_t length = 0; length < 300; ++length) {
    std::string bytes(length, '\0');
    for (char& c : bytes) {
      c = static_cast<char>(random());
    }
    const auto crc = static_cast<uint32_t>(random());
    EXPECT_EQ(ExtendCrc32c(crc, bytes), internal::ExtendCrc32cPortable(crc, bytes)) << length;
  }
}

}  // namespace
}  // namespace tidemark::base
