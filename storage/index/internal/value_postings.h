// ValuePostings holds the values of one label name with their postings; each value is stored once.
//
// A value is found by its text, or walked in order: a reader that walks many may let go of the
// index's lock and go on behind the text it saw last. A value whose last series is removed is
// gone. Thread-compatible: the index's lock guards it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_set.h"
#include "base/string_map.h"
#include "storage/index/postings.h"
#include "storage/types.h"

namespace tidemark::storage::internal {

class ValuePostings {
 public:
  // Header and text are one piece of memory.
  class Value {
   public:
    static Value* Create(std::string_view text);
    static void Free(Value* value);

    std::string_view text() const { return {reinterpret_cast<const char*>(this + 1), size_}; }
    Postings postings;

   private:
    explicit Value(size_t size) : size_(static_cast<uint32_t>(size)) {}
    ~Value() = default;

    const uint32_t size_;
  };

  explicit ValuePostings(std::string_view name) : name_(name) {}
  ~ValuePostings();
  ValuePostings(const ValuePostings&) = delete;
  ValuePostings& operator=(const ValuePostings&) = delete;

  const std::string& name() const { return name_; }

  // The value, new and without series if there is none. Valid until it is removed.
  Value* FindOrAdd(std::string_view text);
  void Remove(std::string_view text, SeriesRef ref);

  // The postings of the value; null if no series has it.
  const Postings* Find(std::string_view text) const;

  size_t value_count() const { return by_text_.size(); }

  // Calls `visit` for at most `limit` values in order, the first at or behind `from`, none behind
  // `last` (empty: no bound). Gives the text to go on from, or nothing when all were visited or
  // `visit` gave false.
  template <typename Visit>
  std::optional<std::string> Walk(std::string_view from, std::string_view last, size_t limit,
                                  Visit visit) const {
    for (auto it = in_order_.lower_bound(from); it != in_order_.end(); ++it, --limit) {
      const Value& value = **it;
      if (!last.empty() && value.text() > last) {
        break;
      }
      if (limit == 0) {
        return std::string(value.text());
      }
      if (!visit(value)) {
        break;
      }
    }
    return std::nullopt;
  }

  size_t bytes() const;  // estimate of the memory of everything here

 private:
  static std::string_view Text(const Value* value) { return value->text(); }
  static std::string_view Text(std::string_view text) { return text; }
  struct Hash {
    using is_transparent = void;
    template <typename T>
    size_t operator()(const T& value) const {
      return base::StringViewHash()(Text(value));
    }
  };
  struct Equal {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return Text(a) == Text(b);
    }
  };
  struct Less {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return Text(a) < Text(b);
    }
  };

  const std::string name_;
  absl::flat_hash_set<Value*, Hash, Equal> by_text_;  // owns the values
  absl::btree_set<Value*, Less> in_order_;
  Value* recent_ = nullptr;  // neighbours in a request mostly share their values
};

}  // namespace tidemark::storage::internal
