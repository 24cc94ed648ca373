#include "storage/journal/segment_format.h"

#include <string>

#include <gtest/gtest.h>

#include "base/crc32c.h"
#include "base/status_macros.h"

namespace tidemark::storage {
namespace {

std::string_view View(const std::array<char, kSegmentHeaderBytes>& bytes) {
  return {bytes.data(), bytes.size()};
}

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) {
    hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  }
  return hex;
}

TEST(SegmentFormat, NamesSegmentsSoThatTheySort) {
  EXPECT_EQ(SegmentName(1), "00000001.journal");
  EXPECT_EQ(SegmentPath("/data/journal", 42), "/data/journal/00000042.journal");
  EXPECT_EQ(SegmentName(1234567890), "1234567890.journal");
}

TEST(SegmentFormat, ReadsBackItsNamesOnly) {
  EXPECT_EQ(ParseSegmentName("00000001.journal"), 1u);
  EXPECT_EQ(ParseSegmentName("1234567890.journal"), 1234567890u);
  for (const char* name : {"", ".journal", "1.journal", "00000001.journals", "0000000a.journal",
                           "-0000001.journal", "99999999999999999999.journal"}) {
    EXPECT_FALSE(ParseSegmentName(name).has_value()) << name;
  }
}

TEST(SegmentFormat, ReadsBackASegmentHeader) {
  const SegmentHeader header{SegmentKind::kAfterFailure, 7, 1ull << 40, 1'700'000'000'123};
  const auto encoded = EncodeSegmentHeader(header);
  const auto decoded = DecodeSegmentHeader(View(encoded), 7);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->kind, header.kind);
  EXPECT_EQ(decoded->id, header.id);
  EXPECT_EQ(decoded->first_sequence, header.first_sequence);
  EXPECT_EQ(decoded->created_ms, header.created_ms);
}

// Computed by another implementation. Journals that exist must stay readable: bytes that change
// need a new kJournalVersion.
TEST(SegmentFormat, KeepsItsBytes) {
  const auto header = EncodeSegmentHeader({SegmentKind::kRotation, 7, 1000, 1'700'000'000'123});
  EXPECT_EQ(Hex(View(header)),
            "544944454a524e4c02000000010000000700000000000000e803000000000000"
            "7b68e5cf8b010000000000008adb825b");
  char frame[kFrameHeaderBytes];
  EncodeFrameHeader({FrameKind::kRecord, 7, 1000, 48, base::Crc32c("payload")}, 7, frame);
  EXPECT_EQ(Hex({frame, sizeof(frame)}),
            "544d524307000000e80300000000000030000000000000007069e3f49f19341e");
}

TEST(SegmentFormat, TellsWhyBytesAreNoSegmentHeader) {
  auto encoded = EncodeSegmentHeader({SegmentKind::kRotation, 7, 1, 0});
  EXPECT_EQ(base::Message(DecodeSegmentHeader(View(encoded).substr(1), 7).status()),
            "segment header: cut short");
  EXPECT_EQ(base::Message(DecodeSegmentHeader(View(encoded), 8).status()),
            "segment header: belongs to segment 7");
  encoded[20] = 1;
  EXPECT_EQ(base::Message(DecodeSegmentHeader(View(encoded), 7).status()),
            "segment header: checksum differs");
  encoded[0] = 0;
  EXPECT_EQ(base::Message(DecodeSegmentHeader(View(encoded), 7).status()),
            "segment header: not a journal's");
}

TEST(SegmentFormat, ReadsBackAFrameHeaderInItsOwnSegmentOnly) {
  const FrameHeader header{FrameKind::kRecord, 1000, 1ull << 33, 1ull << 34, 0xdeadbeef};
  char encoded[kFrameHeaderBytes];
  EncodeFrameHeader(header, 3, encoded);
  const auto decoded = DecodeFrameHeader({encoded, sizeof(encoded)}, 3);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->kind, FrameKind::kRecord);
  EXPECT_EQ(decoded->length, 1000u);
  EXPECT_EQ(decoded->sequence, 1ull << 33);
  EXPECT_EQ(decoded->synced_bytes, 1ull << 34);
  EXPECT_EQ(decoded->payload_crc, 0xdeadbeefu);
  EXPECT_FALSE(DecodeFrameHeader({encoded, sizeof(encoded)}, 4).has_value());
}

TEST(SegmentFormat, RefusesAFrameHeaderWithAnyByteChanged) {
  char encoded[kFrameHeaderBytes];
  EncodeFrameHeader({FrameKind::kFooter, 0, 5, 48, 0}, 3, encoded);
  for (char& byte : encoded) {
    byte = static_cast<char>(byte ^ 1);
    EXPECT_FALSE(DecodeFrameHeader({encoded, sizeof(encoded)}, 3).has_value());
    byte = static_cast<char>(byte ^ 1);
  }
}

TEST(SegmentFormat, AlignsFrames) {
  EXPECT_EQ(FrameBytes(0), 32u);
  EXPECT_EQ(FrameBytes(1), 40u);
  EXPECT_EQ(FrameBytes(8), 40u);
  EXPECT_EQ(FrameBytes(9), 48u);
}

}  // namespace
}  // namespace tidemark::storage
