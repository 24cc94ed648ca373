// All numbers are little-endian.
//
//   segment header, 48 bytes                     frame header, 32 bytes
//    0  8  "TIDEJRNL"                             0  4  magic: record "TMRC", footer "TMFT"
//    8  4  format version                         4  4  payload length
//   12  4  kind                                   8  8  sequence
//   16  8  segment id                            16  8  bytes of the segment known to be on disk
//   24  8  first sequence                        24  4  CRC-32C of the payload
//   32  8  creation, ms since 1970               28  4  CRC-32C of segment id and bytes 0 to 27
//   40  4  1 if the file was used before, else 0
//   44  4  CRC-32C of bytes 0 to 43
#include "storage/journal/segment_format.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/crc32c.h"
#include "fmt/format.h"

namespace tidemark::storage {
namespace {

static_assert(std::endian::native == std::endian::little, "fields are copied as they are");

constexpr std::string_view kSegmentMagic = "TIDEJRNL";
constexpr uint32_t kRecordMagic = 0x43524d54;  // "TMRC"
constexpr uint32_t kFooterMagic = 0x54464d54;  // "TMFT"
constexpr std::string_view kSegmentSuffix = ".journal";
constexpr size_t kMinSegmentDigits = 8;
constexpr size_t kMaxSegmentDigits = 19;
constexpr size_t kHeaderCrcOffset = 44;
constexpr size_t kFrameCrcOffset = 28;

template <typename T>
void Put(char* out, size_t offset, T value) {
  std::memcpy(out + offset, &value, sizeof(value));
}

template <typename T>
T Get(std::string_view bytes, size_t offset) {
  T value{};
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

uint32_t FrameCrc(std::string_view header, SegmentId id) {
  char seed[sizeof(id)];
  Put(seed, 0, id);
  return base::ExtendCrc32c(base::Crc32c({seed, sizeof(seed)}), header.substr(0, kFrameCrcOffset));
}

absl::Status NoHeader(std::string_view cause) {
  return absl::DataLossError(fmt::format("segment header: {}", cause));
}

}  // namespace

std::string SegmentName(SegmentId id) { return fmt::format("{:08}{}", id, kSegmentSuffix); }

std::string SegmentPath(std::string_view dir, SegmentId id) {
  return fmt::format("{}/{}", dir, SegmentName(id));
}

std::optional<SegmentId> ParseSegmentName(std::string_view name) {
  if (!name.ends_with(kSegmentSuffix)) {
    return std::nullopt;
  }
  name.remove_suffix(kSegmentSuffix.size());
  if (name.size() < kMinSegmentDigits || name.size() > kMaxSegmentDigits) {
    return std::nullopt;
  }
  SegmentId id = 0;
  for (const char c : name) {
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    id = id * 10 + static_cast<SegmentId>(c - '0');
  }
  return id;
}

std::array<char, kSegmentHeaderBytes> EncodeSegmentHeader(const SegmentHeader& header) {
  std::array<char, kSegmentHeaderBytes> out{};
  std::copy(kSegmentMagic.begin(), kSegmentMagic.end(), out.begin());
  Put(out.data(), 8, kJournalVersion);
  Put(out.data(), 12, static_cast<uint32_t>(header.kind));
  Put(out.data(), 16, header.id);
  Put(out.data(), 24, header.first_sequence);
  Put(out.data(), 32, header.created_ms);
  Put(out.data(), 40, uint32_t{header.reused});
  Put(out.data(), kHeaderCrcOffset, base::Crc32c({out.data(), kHeaderCrcOffset}));
  return out;
}

absl::StatusOr<SegmentHeader> DecodeSegmentHeader(std::string_view bytes, SegmentId id) {
  if (bytes.size() < kSegmentHeaderBytes) {
    return NoHeader("cut short");
  }
  if (!bytes.starts_with(kSegmentMagic)) {
    return NoHeader("not a journal's");
  }
  if (base::Crc32c(bytes.substr(0, kHeaderCrcOffset)) != Get<uint32_t>(bytes, kHeaderCrcOffset)) {
    return NoHeader("checksum differs");
  }
  const auto version = Get<uint32_t>(bytes, 8);
  if (version != kJournalVersion) {
    return absl::FailedPreconditionError(fmt::format(
        "segment header: format version {}, this program reads {}", version, kJournalVersion));
  }
  SegmentHeader header;
  header.kind = static_cast<SegmentKind>(Get<uint32_t>(bytes, 12));
  header.id = Get<uint64_t>(bytes, 16);
  header.first_sequence = Get<uint64_t>(bytes, 24);
  header.created_ms = Get<int64_t>(bytes, 32);
  header.reused = Get<uint32_t>(bytes, 40) != 0;
  if (header.id != id) {
    return NoHeader(fmt::format("belongs to segment {}", header.id));
  }
  return header;
}

bool MayBeginFrame(uint64_t word) {
  const auto magic = static_cast<uint32_t>(word);
  return magic == kRecordMagic || magic == kFooterMagic;
}

void EncodeFrameHeader(const FrameHeader& header, SegmentId id, char* out) {
  Put(out, 0, header.kind == FrameKind::kRecord ? kRecordMagic : kFooterMagic);
  Put(out, 4, header.length);
  Put(out, 8, header.sequence);
  Put(out, 16, header.synced_bytes);
  Put(out, 24, header.payload_crc);
  Put(out, kFrameCrcOffset, FrameCrc({out, kFrameHeaderBytes}, id));
}

std::optional<FrameHeader> DecodeFrameHeader(std::string_view bytes, SegmentId id) {
  const auto magic = Get<uint32_t>(bytes, 0);
  if (!MayBeginFrame(magic)) {
    return std::nullopt;
  }
  if (FrameCrc(bytes, id) != Get<uint32_t>(bytes, kFrameCrcOffset)) {
    return std::nullopt;
  }
  FrameHeader header;
  header.kind = magic == kRecordMagic ? FrameKind::kRecord : FrameKind::kFooter;
  header.length = Get<uint32_t>(bytes, 4);
  header.sequence = Get<uint64_t>(bytes, 8);
  header.synced_bytes = Get<uint64_t>(bytes, 16);
  header.payload_crc = Get<uint32_t>(bytes, 24);
  if (header.length > kMaxPayloadBytes) {
    return std::nullopt;
  }
  return header;
}

}  // namespace tidemark::storage
