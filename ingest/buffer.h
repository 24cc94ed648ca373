// Buffer is a growable run of bytes whose new bytes are not set to zero.
//
// It is kept by its owner from request to request, so that a steady stream of requests allocates
// nothing. Thread-compatible.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>

namespace tidemark::ingest {

class Buffer {
 public:
  // Room for `size` bytes, whose content is unspecified; what the buffer held before is lost.
  char* Resize(size_t size) {
    if (size > capacity_) {
      const size_t capacity = std::max(size, capacity_ + capacity_ / 2);
      Release();
      bytes_.reset(new char[capacity]);
      capacity_ = capacity;
    }
    size_ = size;
    return bytes_.get();
  }

  // Keeps the first `size` bytes. REQUIRES: there are so many.
  void Shorten(size_t size) { size_ = size; }
  void Clear() { size_ = 0; }

  // Empties the buffer, and gives its memory back when it holds more than `bytes`: one
  // exceptionally large request must not pin its memory for ever.
  void Trim(size_t bytes) {
    Clear();
    if (capacity_ > bytes) {
      Release();
    }
  }

  std::string_view view() const { return {bytes_.get(), size_}; }
  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }

 private:
  void Release() {
    bytes_.reset();
    capacity_ = 0;
    size_ = 0;
  }

  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace tidemark::ingest
