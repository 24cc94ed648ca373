#include "server/http/compress.h"

#include <zlib.h>

#include <random>

#include "gtest/gtest.h"

namespace tidemark::server {
namespace {

std::string Inflate(std::string_view packed, size_t size) {
  std::string out(size, '\0');
  z_stream stream{};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  constexpr int kDetectWrapping = 32;
  EXPECT_EQ(inflateInit2(&stream, MAX_WBITS + kDetectWrapping), Z_OK);
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(stream.avail_in, 0u);
  EXPECT_EQ(stream.avail_out, 0u);
  inflateEnd(&stream);
  return out;
}

TEST(Compress, GivesBackTheSameBytes) {
  std::mt19937 random(7);
  for (const size_t size : {0u, 1u, 1000u, (1u << 20) - 1, 1u << 20, (3u << 20) + 17}) {
    std::string text(size, 'a');
    for (char& c : text) {
      c = static_cast<char>('a' + random() % 20);
    }
    EXPECT_EQ(Inflate(Compress(Encoding::kGzip, text), size), text) << size;
    EXPECT_EQ(Inflate(Compress(Encoding::kDeflate, text), size), text) << size;
  }
}

TEST(Compress, HandlesBytesThatDoNotShrink) {
  std::mt19937 random(8);
  std::string noise(2u << 20, '\0');
  for (char& c : noise) {
    c = static_cast<char>(random());
  }
  EXPECT_EQ(Inflate(Compress(Encoding::kGzip, noise), noise.size()), noise);
}

TEST(ChooseEncoding, PrefersGzipAndHeedsRefusals) {
  EXPECT_EQ(ChooseEncoding(""), Encoding::kIdentity);
  EXPECT_EQ(ChooseEncoding("br"), Encoding::kIdentity);
  EXPECT_EQ(ChooseEncoding("gzip"), Encoding::kGzip);
  EXPECT_EQ(ChooseEncoding("GZip"), Encoding::kGzip);
  EXPECT_EQ(ChooseEncoding("deflate, gzip"), Encoding::kGzip);
  EXPECT_EQ(ChooseEncoding("br , deflate;q=0.5"), Encoding::kDeflate);
  EXPECT_EQ(ChooseEncoding("gzip;q=0, deflate"), Encoding::kDeflate);
  EXPECT_EQ(ChooseEncoding("gzip; q=0.0"), Encoding::kIdentity);
  EXPECT_EQ(ChooseEncoding("gzip;q=1.0"), Encoding::kGzip);
  EXPECT_EQ(ChooseEncoding("*"), Encoding::kGzip);
  EXPECT_EQ(ChooseEncoding("identity"), Encoding::kIdentity);
}

}  // namespace
}  // namespace tidemark::server
