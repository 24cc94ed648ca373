#include "storage/index/internal/value_postings.h"

#include <utility>

namespace tidemark::storage::internal {
namespace {

// Fewer unused slots are not worth a walk's new start.
constexpr size_t kMinUnused = 64;

}  // namespace

void ValuePostings::Add(std::string_view value, SeriesRef ref) {
  if (recent_ == nullptr || recent_->text != value) {
    recent_ = FindOrAdd(value);
  }
  if (recent_->postings.empty()) {
    --unused_;
  }
  recent_->postings.Add(ref);
}

void ValuePostings::Remove(std::string_view value, SeriesRef ref) {
  const auto found = by_text_.find(value);
  if (found == by_text_.end() || found->second->postings.empty()) {
    return;
  }
  found->second->postings.Remove(ref);
  if (!found->second->postings.empty()) {
    return;
  }
  ++unused_;
  if (unused_ >= kMinUnused && unused_ * 2 > slots_.size()) {
    DropUnused();
  }
}

const Postings* ValuePostings::Find(std::string_view value) const {
  const auto found = by_text_.find(value);
  return found == by_text_.end() || found->second->postings.empty() ? nullptr
                                                                    : &found->second->postings;
}

// A new value counts as unused until its first series is added.
ValuePostings::Value* ValuePostings::FindOrAdd(std::string_view value) {
  const auto found = by_text_.find(value);
  if (found != by_text_.end()) {
    return found->second;
  }
  slots_.push_back(std::make_unique<Value>(Value{std::string(value), {}}));
  ++unused_;
  Value* added = slots_.back().get();
  by_text_.emplace(added->text, added);
  return added;
}

void ValuePostings::DropUnused() {
  std::vector<std::unique_ptr<Value>> used;
  used.reserve(slots_.size() - unused_);
  for (std::unique_ptr<Value>& value : slots_) {
    if (value->postings.empty()) {
      by_text_.erase(value->text);
    } else {
      used.push_back(std::move(value));
    }
  }
  slots_ = std::move(used);
  recent_ = nullptr;
  unused_ = 0;
  ++generation_;
}

}  // namespace tidemark::storage::internal
