#include "ingest/snappy_body.h"

#include "fmt/format.h"
#include "ingest/internal/snappy_decoder.h"
#include "snappy.h"

namespace tidemark::ingest {
namespace {

// The densest element of the format copies 64 bytes and takes three; one more covers rounding.
constexpr size_t kMaxExpansion = 64 / 3 + 1;

absl::Status CheckDeclaredLength(size_t declared, size_t compressed_bytes, size_t max_bytes) {
  if (declared > max_bytes) {
    return absl::InvalidArgumentError(fmt::format(
        "snappy block declares {} bytes, more than the limit of {}", declared, max_bytes));
  }
  if (declared > compressed_bytes * kMaxExpansion) {
    return absl::InvalidArgumentError(
        fmt::format("snappy block declares {} bytes, more than its {} compressed bytes can hold: "
                    "truncated or corrupt",
                    declared, compressed_bytes));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status DecompressBody(std::string_view compressed, size_t max_bytes, Buffer* out) {
  out->Clear();
  size_t declared = 0;
  if (!snappy::GetUncompressedLength(compressed.data(), compressed.size(), &declared)) {
    return absl::InvalidArgumentError(fmt::format(
        "snappy block of {} bytes has no valid length at its start", compressed.size()));
  }
  if (absl::Status status = CheckDeclaredLength(declared, compressed.size(), max_bytes);
      !status.ok()) {
    return status;
  }
  char* const unpacked = out->Resize(declared + internal::kUnpackSlop);
  out->Shorten(declared);
  if (!internal::UnpackSnappy(compressed, declared, unpacked)) {
    out->Clear();
    return absl::InvalidArgumentError(
        fmt::format("snappy block of {} bytes, declared to unpack to {}, is truncated or corrupt",
                    compressed.size(), declared));
  }
  return absl::OkStatus();
}

}  // namespace tidemark::ingest
