#include "model/varint.h"

#include <gtest/gtest.h>

namespace tidemark::model {
namespace {

TEST(Varint, RoundTripsEveryLength) {
  for (int shift = 0; shift < 64; ++shift) {
    for (const uint64_t v :
         {uint64_t{1} << shift, (uint64_t{1} << shift) - 1, ~uint64_t{0} >> shift}) {
      std::string bytes;
      AppendVarint(v, &bytes);
      uint64_t read = 0;
      EXPECT_EQ(GetVarint(bytes.data(), bytes.data() + bytes.size(), &read),
                bytes.data() + bytes.size());
      EXPECT_EQ(read, v);
    }
  }
}

TEST(Varint, RefusesCutAndOverlongBytes) {
  uint64_t v = 0;
  const std::string cut(3, '\x80');
  EXPECT_EQ(GetVarint(cut.data(), cut.data() + cut.size(), &v), nullptr);
  const std::string eleven = std::string(10, '\x80') + '\x01';
  EXPECT_EQ(GetVarint(eleven.data(), eleven.data() + eleven.size(), &v), nullptr);
  const std::string overflow = std::string(9, '\xff') + '\x02';
  EXPECT_EQ(GetVarint(overflow.data(), overflow.data() + overflow.size(), &v), nullptr);
}

TEST(ZigZag, KeepsSmallMagnitudesSmall) {
  EXPECT_EQ(ZigZag(0), 0u);
  EXPECT_EQ(ZigZag(-1), 1u);
  EXPECT_EQ(ZigZag(1), 2u);
  for (const int64_t v : {int64_t{0}, int64_t{-5}, INT64_MAX, INT64_MIN}) {
    EXPECT_EQ(UnZigZag(ZigZag(v)), v);
  }
}

}  // namespace
}  // namespace tidemark::model
