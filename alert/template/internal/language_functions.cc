// The functions of the template language itself: logic, comparison, elements, printing, escaping.
#include <algorithm>

#include "alert/template/escape.h"
#include "alert/template/internal/functions.h"
#include "alert/template/internal/methods.h"
#include "alert/template/internal/print.h"
#include "base/status_macros.h"
#include "fmt/format.h"

namespace tidemark::alert::templates {
namespace {

using Args = std::span<const Value>;
using Result = absl::StatusOr<Value>;

absl::Status Error(std::string message) { return absl::InvalidArgumentError(std::move(message)); }

Result AsText(absl::StatusOr<std::string> text) {
  if (!text.ok()) {
    return std::move(text).status();
  }
  return Value::Of(*std::move(text));
}

// What a comparison sees of a value.
enum class Basic { kNone, kBool, kInt, kFloat, kText };

Basic BasicOf(const Value& value) {
  switch (value.kind()) {
    case Kind::kBool:
      return Basic::kBool;
    case Kind::kInt:
      return Basic::kInt;
    case Kind::kFloat:
      return Basic::kFloat;
    case Kind::kString:
    case Kind::kHtml:
      return Basic::kText;
    default:
      return Basic::kNone;
  }
}

absl::Status Incompatible(const Value& a, const Value& b) {
  return Error(
      fmt::format("incompatible types for comparison: {} and {}", TypeName(a), TypeName(b)));
}

absl::StatusOr<bool> EqualComposites(const Value& a, const Value& b) {
  if (!a.valid() || !b.valid()) {
    return a.valid() == b.valid();
  }
  if (a.kind() != b.kind()) {
    return Error(fmt::format("non-comparable types {}, {}", TypeName(a), TypeName(b)));
  }
  if (a.kind() == Kind::kSample) {
    return a.sample() == b.sample();
  }
  return Error(fmt::format("non-comparable type {}", TypeName(b)));
}

absl::StatusOr<bool> Equal(const Value& a, const Value& b) {
  const Basic basic = BasicOf(a);
  if (basic != BasicOf(b)) {
    return a.valid() && b.valid() ? absl::StatusOr<bool>(Incompatible(a, b)) : false;
  }
  switch (basic) {
    case Basic::kBool:
      return a.boolean() == b.boolean();
    case Basic::kInt:
      return a.integer() == b.integer();
    case Basic::kFloat:
      return a.number() == b.number();
    case Basic::kText:
      return a.text() == b.text();
    case Basic::kNone:
      return EqualComposites(a, b);
  }
  return false;
}

absl::StatusOr<bool> Less(const Value& a, const Value& b) {
  const Basic basic = BasicOf(a);
  if (basic == Basic::kNone || BasicOf(b) == Basic::kNone) {
    return Error("invalid type for comparison");
  }
  if (basic != BasicOf(b)) {
    return Incompatible(a, b);
  }
  switch (basic) {
    case Basic::kInt:
      return a.integer() < b.integer();
    case Basic::kFloat:
      return a.number() < b.number();
    case Basic::kText:
      return a.text() < b.text();
    default:
      return Error("invalid type for comparison");
  }
}

absl::StatusOr<bool> LessOrEqual(const Value& a, const Value& b) {
  ASSIGN_OR_RETURN(const bool less, Less(a, b));
  return less ? absl::StatusOr<bool>(true) : Equal(a, b);
}

using Comparison = absl::StatusOr<bool> (*)(const Value&, const Value&);

template <Comparison kCompare, bool kExpected>
Result Compare(const CallContext&, Args args) {
  ASSIGN_OR_RETURN(const bool truth, kCompare(args[0], args[1]));
  return Value::Of(truth == kExpected);
}

// Whether the first argument equals any of the others.
Result EqualsAny(const CallContext&, Args args) {
  if (args.size() == 1) {
    return Error("missing argument for comparison");
  }
  for (const Value& other : args.subspan(1)) {
    ASSIGN_OR_RETURN(const bool equal, Equal(args[0], other));
    if (equal) {
      return Value::Of(true);
    }
  }
  return Value::Of(false);
}

Result Not(const CallContext&, Args args) { return Value::Of(!IsTrue(args[0])); }

// The executor evaluates these two itself, no more arguments than they need.
Result Unreachable(const CallContext&, Args) { return Error("evaluated by the executor"); }

absl::StatusOr<size_t> SizeOf(const Value& value, std::string_view what) {
  switch (value.kind()) {
    case Kind::kString:
    case Kind::kHtml:
      return value.text().size();
    case Kind::kStringMap:
      return value.string_map().size();
    case Kind::kMap:
      return value.map().size();
    case Kind::kSamples:
      return value.samples().size();
    case Kind::kInvalid:
      return Error(fmt::format("{} of nil pointer", what));
    default:
      return Error(fmt::format("{} of type {}", what, TypeName(value)));
  }
}

Result Length(const CallContext&, Args args) {
  ASSIGN_OR_RETURN(const size_t size, SizeOf(args[0], "len"));
  return Value::Of(static_cast<int64_t>(size));
}

// A position within [0, size), or up to `size` itself for the end of a slice.
absl::StatusOr<size_t> Position(const Value& index, size_t size, bool end_allowed) {
  if (index.kind() == Kind::kInvalid) {
    return Error("cannot index slice/array with nil");
  }
  if (index.kind() != Kind::kInt) {
    return Error(fmt::format("cannot index slice/array with type {}", TypeName(index)));
  }
  const int64_t i = index.integer();
  const auto limit = static_cast<int64_t>(size) + (end_allowed ? 1 : 0);
  if (i < 0 || i >= limit) {
    return Error(fmt::format("index out of range: {}", i));
  }
  return static_cast<size_t>(i);
}

Result IndexOnce(const Value& item, const Value& index) {
  if (item.kind() == Kind::kStringMap || item.kind() == Kind::kMap) {
    if (!index.valid()) {
      return Error("value is nil; should be of type string");
    }
    if (index.kind() != Kind::kString) {
      return Error(fmt::format("value has type {}; should be string", TypeName(index)));
    }
    return Element(item, index.text());
  }
  if (item.kind() == Kind::kSamples) {
    ASSIGN_OR_RETURN(const size_t i, Position(index, item.samples().size(), false));
    return Value::Of(item.samples()[i]);
  }
  if (item.is_text()) {
    ASSIGN_OR_RETURN(const size_t i, Position(index, item.text().size(), false));
    return Value::Of(static_cast<int64_t>(static_cast<unsigned char>(item.text()[i])));
  }
  return Error(item.valid() ? fmt::format("can't index item of type {}", TypeName(item))
                            : "index of nil pointer");
}

Result Index(const CallContext&, Args args) {
  if (!args[0].valid()) {
    return Error("index of untyped nil");
  }
  Value item = args[0];
  for (const Value& index : args.subspan(1)) {
    ASSIGN_OR_RETURN(item, IndexOnce(item, index));
  }
  return item;
}

absl::Status CheckSliced(Args args) {
  if (!args[0].valid()) {
    return Error("slice of untyped nil");
  }
  if (args.size() > 4) {
    return Error(fmt::format("too many slice indexes: {}", args.size() - 1));
  }
  if (args[0].kind() != Kind::kSamples && !args[0].is_text()) {
    return Error(fmt::format("can't slice item of type {}", TypeName(args[0])));
  }
  if (args.size() == 4 && args[0].is_text()) {
    return Error("cannot 3-index slice a string");
  }
  return absl::OkStatus();
}

Result Slice(const CallContext&, Args args) {
  RETURN_IF_ERROR(CheckSliced(args));
  const Value& item = args[0];
  ASSIGN_OR_RETURN(const size_t size, SizeOf(item, "slice"));
  size_t bounds[3] = {0, size, size};
  for (size_t i = 1; i < args.size(); ++i) {
    ASSIGN_OR_RETURN(bounds[i - 1], Position(args[i], size, true));
  }
  for (size_t i = 0; i < 2; ++i) {
    if (bounds[i] > bounds[i + 1]) {
      return Error(fmt::format("invalid slice index: {} > {}", bounds[i], bounds[i + 1]));
    }
  }
  if (item.is_text()) {
    return Value::Of(item.text().substr(bounds[0], bounds[1] - bounds[0]));
  }
  const auto begin = item.samples().begin();
  return Value::Of(Value::Samples(begin + static_cast<ptrdiff_t>(bounds[0]),
                                  begin + static_cast<ptrdiff_t>(bounds[1])));
}

Result Call(const CallContext&, Args args) {
  if (!args[0].valid()) {
    return Error("call of nil");
  }
  return Error(fmt::format("non-function of type {}", TypeName(args[0])));
}

// One text of all arguments: a single string as it is.
absl::StatusOr<std::string> Joined(Args args) {
  if (args.size() == 1 && args[0].kind() == Kind::kString) {
    return args[0].text();
  }
  std::vector<Value> shown(args.begin(), args.end());
  for (Value& value : shown) {
    value = value.valid() ? value : Value::Of(std::string("<no value>"));
  }
  return Sprint(shown);
}

template <std::string (*kEscape)(std::string_view)>
Result Escaped(const CallContext&, Args args) {
  ASSIGN_OR_RETURN(const std::string text, Joined(args));
  return Value::Of(kEscape(text));
}

constexpr ParameterType kOperand[] = {ParameterType::kOperand};
constexpr ParameterType kOperands[] = {ParameterType::kOperand, ParameterType::kOperand};
constexpr ParameterType kAnything[] = {ParameterType::kAny};
constexpr ParameterType kFormat[] = {ParameterType::kString, ParameterType::kAny};

constexpr Function kFunctions[] = {
    {"and", kOperands, true, Unreachable},
    {"or", kOperands, true, Unreachable},
    {"not", kOperand, false, Not},
    {"eq", kOperands, true, EqualsAny},
    {"ne", kOperands, false, Compare<Equal, false>},
    {"lt", kOperands, false, Compare<Less, true>},
    {"le", kOperands, false, Compare<LessOrEqual, true>},
    {"gt", kOperands, false, Compare<LessOrEqual, false>},
    {"ge", kOperands, false, Compare<Less, false>},
    {"len", kOperand, false, Length},
    {"index", kOperands, true, Index},
    {"slice", kOperands, true, Slice},
    {"call", kOperands, true, Call},
    {"print", kAnything, true, [](const CallContext&, Args args) { return AsText(Sprint(args)); }},
    {"printf", kFormat, true,
     [](const CallContext&, Args args) {
       return AsText(Sprintf(args[0].text(), args.subspan(1)));
     }},
    {"println", kAnything, true,
     [](const CallContext&, Args args) { return AsText(Sprintln(args)); }},
    {"html", kAnything, true, Escaped<EscapeHtml>},
    {"js", kAnything, true, Escaped<EscapeJs>},
    {"urlquery", kAnything, true, Escaped<EscapeUrlQuery>},
};

}  // namespace

std::span<const Function> LanguageFunctions() { return kFunctions; }

}  // namespace tidemark::alert::templates
