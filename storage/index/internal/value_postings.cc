#include "storage/index/internal/value_postings.h"

#include <cstdlib>
#include <cstring>

#include "base/check.h"

namespace tidemark::storage::internal {

ValuePostings::Value* ValuePostings::Value::Create(std::string_view text) {
  void* const memory = std::malloc(sizeof(Value) + text.size());
  TIDEMARK_CHECK(memory != nullptr, "out of memory for a label value");
  auto* const value = new (memory) Value(text.size());
  std::memcpy(static_cast<void*>(value + 1), text.data(), text.size());
  return value;
}

void ValuePostings::Value::Free(Value* value) {
  value->~Value();
  std::free(value);
}

ValuePostings::~ValuePostings() {
  for (Value* value : in_order_) {
    Value::Free(value);
  }
}

ValuePostings::Value* ValuePostings::FindOrAdd(std::string_view text) {
  if (recent_ != nullptr && recent_->text() == text) {
    return recent_;
  }
  auto found = by_text_.find(text);
  if (found == by_text_.end()) {
    Value* const value = Value::Create(text);
    found = by_text_.insert(value).first;
    in_order_.insert(value);
  }
  recent_ = *found;
  return recent_;
}

void ValuePostings::Remove(std::string_view text, SeriesRef ref) {
  const auto found = by_text_.find(text);
  if (found == by_text_.end()) {
    return;
  }
  Value* const value = *found;
  value->postings.Remove(ref);
  if (value->postings.empty()) {
    recent_ = recent_ == value ? nullptr : recent_;
    by_text_.erase(found);
    in_order_.erase(in_order_.find(text));
    Value::Free(value);
  }
}

const Postings* ValuePostings::Find(std::string_view text) const {
  const auto found = by_text_.find(text);
  return found == by_text_.end() ? nullptr : &(*found)->postings;
}

size_t ValuePostings::bytes() const {
  // A tree's nodes are at least half full; 3/4 is usual.
  size_t bytes = by_text_.capacity() * (sizeof(Value*) + 1) + in_order_.size() * 11;
  for (const Value* value : in_order_) {
    bytes += sizeof(Value) + value->text().size() + value->postings.heap_bytes();
  }
  return bytes;
}

}  // namespace tidemark::storage::internal
