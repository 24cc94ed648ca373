#include "server/http/gzip_builder.h"

#include <random>

#include <gtest/gtest.h>

#include "tests/server/testing/gunzip.h"

namespace tidemark::server {
namespace {

using testing::Gunzip;

std::string SomeText(std::mt19937* random, size_t size) {
  std::string text;
  while (text.size() < size) {
    text += "[17000" + std::to_string((*random)() % 1000) + ",\"1.5\"],";
  }
  text.resize(size);
  return text;
}

TEST(GzipBuilder, MakesAnEmptyFile) { EXPECT_EQ(Gunzip(GzipBuilder().Finish()), ""); }

TEST(GzipBuilder, CompressesText) {
  std::mt19937 random(1);
  for (const size_t size : {1u, 63u, 64u, 5000u, 3u << 20}) {
    GzipBuilder gzip;
    const std::string text = SomeText(&random, size);
    gzip.Append(text);
    const std::string file = gzip.Finish();
    EXPECT_EQ(Gunzip(file), text);
    EXPECT_TRUE(size < 5000 || file.size() < size / 2);
  }
}

TEST(GzipBuilder, PutsPiecesIntoAnyFile) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  GzipBuilder first;
  std::vector<std::pair<std::string, std::string>> pieces;  // text, deflated
  for (int i = 0; i < 20; ++i) {
    const std::string text = SomeText(&random, random() % 3000);
    pieces.emplace_back(text, first.Deflate(text));
  }
  for (int round = 0; round < 50; ++round) {
    GzipBuilder gzip;
    std::string expected;
    for (int i = 0; i < 30; ++i) {
      const auto& [text, piece] = pieces[random() % pieces.size()];
      expected += text;
      if (random() % 2 == 0) {
        gzip.AppendDeflated(piece, Crc32(text), static_cast<uint32_t>(text.size()));
      } else {
        gzip.Append(text);
      }
    }
    ASSERT_EQ(Gunzip(gzip.Finish()), expected);
  }
}

}  // namespace
}  // namespace tidemark::server
