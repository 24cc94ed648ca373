// ValuePostings holds the values of one label name with their postings; each value is stored once.
//
// Values have slots, so that a reader can walk them piece by piece and let go of the index's lock
// in between. New values get new slots at the end. Removing values may move others to lower
// slots; the generation then changes and the walk starts again. Thread-compatible: the index's
// lock guards it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/string_map.h"
#include "storage/index/postings.h"
#include "storage/types.h"

namespace tidemark::storage::internal {

class ValuePostings {
 public:
  struct Value {
    std::string text;
    Postings postings;
  };

  explicit ValuePostings(std::string_view name) : name_(name) {}
  ValuePostings(const ValuePostings&) = delete;
  ValuePostings& operator=(const ValuePostings&) = delete;

  const std::string& name() const { return name_; }

  void Add(std::string_view value, SeriesRef ref);
  void Remove(std::string_view value, SeriesRef ref);

  // The postings of `value`; null if no series has it.
  const Postings* Find(std::string_view value) const;

  // Slots [0, slot_count); those of values that no series has any more are empty.
  size_t slot_count() const { return slots_.size(); }
  const Value& slot(size_t i) const { return *slots_[i]; }
  uint64_t generation() const { return generation_; }

  size_t value_count() const { return slots_.size() - unused_; }

 private:
  Value* FindOrAdd(std::string_view value);
  void DropUnused();

  const std::string name_;
  std::vector<std::unique_ptr<Value>> slots_;
  absl::flat_hash_map<std::string_view, Value*, base::StringViewHash, std::equal_to<>> by_text_;
  Value* recent_ = nullptr;  // neighbours in a request mostly share their values
  size_t unused_ = 0;        // slots with empty postings
  uint64_t generation_ = 0;
};

}  // namespace tidemark::storage::internal
