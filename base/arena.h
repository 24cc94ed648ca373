// Arena hands out memory that is freed all at once, when the arena is. Thread-compatible.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace tidemark::base {

class Arena {
 public:
  explicit Arena(size_t block_bytes = 1u << 20) : block_bytes_(block_bytes) {}
  ~Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // A copy of `bytes` that lives as long as the arena.
  std::string_view Copy(std::string_view bytes) {
    if (bytes.size() > left_) {
      AddBlock(bytes.size());
    }
    char* const copy = next_;
    std::memcpy(copy, bytes.data(), bytes.size());
    next_ += bytes.size();
    left_ -= bytes.size();
    return {copy, bytes.size()};
  }

  // Memory taken from the system.
  size_t bytes() const { return bytes_; }

 private:
  void AddBlock(size_t at_least) {
    const size_t size = at_least > block_bytes_ ? at_least : block_bytes_;
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(size));
    next_ = blocks_.back().get();
    left_ = size;
    bytes_ += size;
  }

  const size_t block_bytes_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  size_t left_ = 0;
  size_t bytes_ = 0;
};

}  // namespace tidemark::base
