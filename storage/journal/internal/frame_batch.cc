#include "storage/journal/internal/frame_batch.h"

namespace tidemark::storage {
namespace {

// From here on a payload is cheaper to point at than to copy.
constexpr size_t kLargePayload = 8192;

constexpr std::string_view kPadding("\0\0\0\0\0\0\0", kFrameAlignment - 1);

}  // namespace

void FrameBatch::Clear() {
  gathered_.clear();
  pieces_.clear();
  bytes_ = 0;
}

void FrameBatch::Add(const FrameHeader& header, SegmentId segment, std::string_view payload) {
  char encoded[kFrameHeaderBytes];
  EncodeFrameHeader(header, segment, encoded);
  Gather({encoded, sizeof(encoded)});
  if (payload.size() < kLargePayload) {
    Gather(payload);
  } else {
    pieces_.push_back({payload.data(), 0, payload.size()});
  }
  const uint64_t whole = FrameBytes(payload.size());
  Gather(kPadding.substr(0, whole - kFrameHeaderBytes - payload.size()));
  bytes_ += whole;
}

void FrameBatch::Gather(std::string_view bytes) {
  if (bytes.empty()) {
    return;
  }
  if (pieces_.empty() || pieces_.back().outside != nullptr) {
    pieces_.push_back({nullptr, gathered_.size(), 0});
  }
  gathered_.append(bytes);
  pieces_.back().length += bytes.size();
}

std::span<const std::string_view> FrameBatch::Parts() {
  parts_.clear();
  for (const Piece& piece : pieces_) {
    const char* begin = piece.outside != nullptr ? piece.outside : gathered_.data() + piece.begin;
    parts_.emplace_back(begin, piece.length);
  }
  return parts_;
}

}  // namespace tidemark::storage
