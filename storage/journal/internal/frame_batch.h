// FrameBatch lays out the frames of one group so that a single write takes them all.
//
// Large payloads stay where they are; headers, padding and small payloads are gathered in one
// buffer, which keeps the number of pieces low. Thread-compatible; payloads must outlive the batch
// or its Clear().
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/journal/segment_format.h"

namespace tidemark::storage {

class FrameBatch {
 public:
  void Clear();
  void Add(const FrameHeader& header, SegmentId segment, std::string_view payload);

  uint64_t bytes() const { return bytes_; }

  // The batch in order. Valid until the next Add() or Clear().
  std::span<const std::string_view> Parts();

 private:
  // A run of bytes, in gathered_ from `begin` on or, if `outside` is set, there.
  struct Piece {
    const char* outside;
    size_t begin;
    size_t length;
  };

  void Gather(std::string_view bytes);

  std::string gathered_;
  std::vector<Piece> pieces_;
  std::vector<std::string_view> parts_;
  uint64_t bytes_ = 0;
};

}  // namespace tidemark::storage
