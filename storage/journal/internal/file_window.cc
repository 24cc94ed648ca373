#include "storage/journal/internal/file_window.h"

#include <algorithm>
#include <span>

namespace tidemark::storage {
namespace {

constexpr size_t kReadAhead = 1u << 20;
// What is given up when the disk cannot read: a block of most file systems.
constexpr size_t kPiece = 4096;

}  // namespace

std::string_view FileWindow::Look(uint64_t offset, size_t length) {
  if (offset >= size_) {
    return {};
  }
  length = std::min<uint64_t>(length, size_ - offset);
  if (offset < begin_ || offset + length > begin_ + buffer_.size()) {
    Fill(offset, length);
  }
  return std::string_view(buffer_).substr(offset - begin_, length);
}

void FileWindow::Fill(uint64_t offset, size_t length) {
  begin_ = offset;
  buffer_.resize(std::min<uint64_t>(std::max(length, kReadAhead), size_ - offset));
  const auto got = file_->ReadAt(begin_, buffer_);
  if (!got.ok()) {
    FillInPieces();
  } else if (*got < buffer_.size()) {
    std::fill(buffer_.begin() + static_cast<ptrdiff_t>(*got), buffer_.end(), '\0');
  }
}

void FileWindow::FillInPieces() {
  for (size_t done = 0; done < buffer_.size(); done += kPiece) {
    const std::span<char> piece(buffer_.data() + done, std::min(kPiece, buffer_.size() - done));
    const auto got = file_->ReadAt(begin_ + done, piece);
    if (!got.ok()) {
      error_ = got.status();
    }
    std::fill(piece.begin() + static_cast<ptrdiff_t>(got.value_or(0)), piece.end(), '\0');
  }
}

}  // namespace tidemark::storage
