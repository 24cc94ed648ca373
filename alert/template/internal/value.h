// Value is what a template computes with: the few kinds that alert templates can meet, with the
// names they have in Go. Immutable and cheap to copy; thread-safe as such.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tidemark::alert::templates {

class Value;

using StringMap = std::map<std::string, std::string, std::less<>>;
using ValueMap = std::map<std::string, Value, std::less<>>;
struct NestedMap;

// A text that was marked as safe HTML; a type of its own, not a string.
struct Html {
  std::string text;
};

// One element of a query's result.
struct QuerySample {
  StringMap labels;
  double value = 0;
};

// A point in time, and a length of time.
struct Instant {
  int64_t ms = 0;
};
struct Span {
  int64_t nanos = 0;
};

// What the dot stands for when a template starts.
struct Root {
  StringMap labels;
  StringMap external_labels;
  std::string external_url;
  double value = 0;
};

// In the order of the alternatives of Value.
enum class Kind : uint8_t {
  kInvalid,  // no value: an explicit nil, or an element that is not there
  kBool,
  kInt,
  kFloat,
  kString,
  kHtml,
  kStringMap,
  kMap,
  kSample,
  kSamples,
  kInstant,
  kSpan,
  kRoot,
};

class Value {
 public:
  using SamplePtr = std::shared_ptr<const QuerySample>;
  using Samples = std::vector<SamplePtr>;

  Value() = default;
  static Value Of(bool v) { return Value(v); }
  static Value Of(int64_t v) { return Value(v); }
  static Value Of(double v) { return Value(v); }
  static Value Of(std::string v) { return Value(Share(std::move(v))); }
  static Value Of(Html v) { return Value(Share(std::move(v))); }
  static Value Of(StringMap v) { return Value(Share(std::move(v))); }
  static Value Of(ValueMap v);
  static Value Of(SamplePtr v) { return Value(std::move(v)); }
  static Value Of(Samples v) { return Value(Share(std::move(v))); }
  static Value Of(Instant v) { return Value(v); }
  static Value Of(Span v) { return Value(v); }
  static Value Of(Root v) { return Value(Share(std::move(v))); }
  // `map` lives inside `owner`.
  static Value Part(const std::shared_ptr<const Root>& owner, const StringMap& map) {
    return Value(std::shared_ptr<const StringMap>(owner, &map));
  }
  static Value Part(const SamplePtr& owner, const StringMap& map) {
    return Value(std::shared_ptr<const StringMap>(owner, &map));
  }

  Kind kind() const { return static_cast<Kind>(v_.index()); }
  bool valid() const { return kind() != Kind::kInvalid; }
  // A string or HTML.
  bool is_text() const { return kind() == Kind::kString || kind() == Kind::kHtml; }

  // REQUIRES, each: kind() fits.
  bool boolean() const { return std::get<bool>(v_); }
  int64_t integer() const { return std::get<int64_t>(v_); }
  double number() const { return std::get<double>(v_); }
  const std::string& text() const;
  const StringMap& string_map() const { return *std::get<Shared<StringMap>>(v_); }
  const ValueMap& map() const;
  // Levels of maps within this one; zero for all else.
  int nesting() const;
  const SamplePtr& sample() const { return std::get<SamplePtr>(v_); }
  const Samples& samples() const { return *std::get<Shared<Samples>>(v_); }
  Instant instant() const { return std::get<Instant>(v_); }
  Span span() const { return std::get<Span>(v_); }
  const std::shared_ptr<const Root>& root() const { return std::get<Shared<Root>>(v_); }

 private:
  template <typename T>
  using Shared = std::shared_ptr<const T>;
  template <typename T>
  static Shared<T> Share(T v) {
    return std::make_shared<const T>(std::move(v));
  }
  template <typename T>
  explicit Value(T v) : v_(std::move(v)) {}

  std::variant<std::monostate, bool, int64_t, double, Shared<std::string>, Shared<Html>,
               Shared<StringMap>, Shared<NestedMap>, SamplePtr, Shared<Samples>, Instant, Span,
               Shared<Root>>
      v_;
};

// A map with the levels of maps within it, itself included.
struct NestedMap {
  ValueMap elements;
  int levels = 1;
};

// "float64", "map[string]string": the type as messages name it.
std::string_view TypeName(const Value& value);

// Whether an `if` takes the value for true: not zero, not empty.
bool IsTrue(const Value& value);

}  // namespace tidemark::alert::templates
