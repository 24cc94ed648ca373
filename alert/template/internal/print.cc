#include "alert/template/internal/print.h"

#include <algorithm>
#include <optional>

#include "alert/template/internal/number.h"
#include "alert/template/internal/time_text.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/parser/quote.h"

namespace tidemark::alert::templates {
namespace {

constexpr int kMaxWidth = 1'000'000;

// What stands between the percent sign and the verb.
struct Spec {
  bool minus = false;
  bool plus = false;
  bool sharp = false;
  bool space = false;
  bool zero = false;
  std::optional<int> width;
  std::optional<int> precision;
};

// Printer appends values to a text of bounded length.
class Printer {
 public:
  void Append(std::string_view text) {
    if (text.size() > kMaxTextBytes - out_.size()) {
      overflowed_ = true;
      return;
    }
    out_.append(text);
  }

  absl::StatusOr<std::string> Take() {
    if (overflowed_) {
      return absl::ResourceExhaustedError(
          fmt::format("text is longer than {} bytes", kMaxTextBytes));
    }
    return std::move(out_);
  }

  bool overflowed() const { return overflowed_; }

  // `value` by `verb`. At the top a pointer to a sample shows that it is one.
  void Print(const Value& value, char32_t verb, const Spec& spec, bool top = true) {
    if (overflowed_) {
      return;
    }
    if (verb == U'T') {
      Pad(value.valid() ? TypeName(value) : "<nil>", spec);
      return;
    }
    switch (value.kind()) {
      case Kind::kInvalid:
        verb == U'v' ? Pad("<nil>", spec) : BadVerb(value, verb, spec);
        break;
      case Kind::kBool:
        Bool(value, verb, spec);
        break;
      case Kind::kInt:
        Integer(value, verb, spec);
        break;
      case Kind::kFloat:
        Float(value, verb, spec);
        break;
      case Kind::kString:
      case Kind::kHtml:
        Text(value, value.text(), verb, spec);
        break;
      case Kind::kInstant:
        Text(value, ToString(value.instant()), verb, spec);
        break;
      case Kind::kSpan:
        Text(value, ToString(value.span()), verb, spec);
        break;
      default:
        Composite(value, verb, spec, top);
    }
  }

 private:
  static size_t Width(std::string_view text) {
    size_t runes = 0;
    for (; !text.empty(); ++runes) {
      text.remove_prefix(query::DecodeRune(text).bytes);
    }
    return runes;
  }

  void Pad(std::string_view text, const Spec& spec) {
    const size_t width = static_cast<size_t>(spec.width.value_or(0));
    const size_t runes = width == 0 ? 0 : Width(text);
    const std::string fill(width > runes ? width - runes : 0, spec.zero && !spec.minus ? '0' : ' ');
    Append(spec.minus ? text : fill);
    Append(spec.minus ? fill : text);
  }

  static Spec WithoutZeros(Spec spec) {
    spec.zero = false;
    return spec;
  }

  // %!d(string=abc)
  void BadVerb(const Value& value, char32_t verb, const Spec& spec) {
    std::string shown;
    query::AppendRune(verb, &shown);
    Append("%!" + shown + "(");
    if (value.valid()) {
      Append(TypeName(value));
      Append("=");
      Print(value, U'v', spec, true);
    } else {
      Append("<nil>");
    }
    Append(")");
  }

  void Bool(const Value& value, char32_t verb, const Spec& spec) {
    if (verb == U't' || verb == U'v') {
      Pad(value.boolean() ? "true" : "false", spec);
    } else {
      BadVerb(value, verb, spec);
    }
  }

  static std::string SignOf(bool negative, const Spec& spec) {
    return negative ? "-" : spec.plus ? "+" : spec.space ? " " : "";
  }

  // Zeros go between the sign and the digits.
  void PadNumber(const std::string& sign, std::string digits, const Spec& spec) {
    const size_t width = static_cast<size_t>(spec.width.value_or(0));
    const size_t size = sign.size() + digits.size();
    if (spec.zero && !spec.minus && width > size) {
      digits.insert(0, width - size, '0');
    }
    Pad(sign + digits, WithoutZeros(spec));
  }

  static std::string Digits(uint64_t magnitude, char32_t verb) {
    switch (verb) {
      case U'b':
        return fmt::format("{:b}", magnitude);
      case U'o':
      case U'O':
        return fmt::format("{:o}", magnitude);
      case U'x':
        return fmt::format("{:x}", magnitude);
      case U'X':
        return fmt::format("{:X}", magnitude);
      default:
        return fmt::format("{}", magnitude);
    }
  }

  static std::string Prefix(char32_t verb, const Spec& spec) {
    if (verb == U'O') {
      return "0o";
    }
    if (!spec.sharp) {
      return "";
    }
    return verb == U'x'   ? "0x"
           : verb == U'X' ? "0X"
           : verb == U'o' ? "0"
           : verb == U'b' ? "0b"
                          : "";
  }

  void Integer(const Value& value, char32_t verb, const Spec& spec) {
    const int64_t v = value.integer();
    if (verb == U'c' || verb == U'q' || verb == U'U') {
      Character(v, verb, spec);
      return;
    }
    if (std::u32string_view(U"vdboOxX").find(verb) == std::u32string_view::npos) {
      BadVerb(value, verb, spec);
      return;
    }
    const uint64_t magnitude = v < 0 ? ~static_cast<uint64_t>(v) + 1 : static_cast<uint64_t>(v);
    std::string digits = Digits(magnitude, verb);
    Spec pad = spec;
    if (spec.precision.has_value()) {
      const auto precision = static_cast<size_t>(*spec.precision);
      digits = precision == 0 && v == 0 ? "" : digits;
      digits.insert(0, precision > digits.size() ? precision - digits.size() : 0, '0');
      pad.zero = false;
    }
    PadNumber(SignOf(v < 0, spec), Prefix(verb, spec) + digits, pad);
  }

  void Character(int64_t v, char32_t verb, const Spec& spec) {
    const bool valid = v >= 0 && v <= 0x10FFFF && !(v >= 0xD800 && v <= 0xDFFF);
    const char32_t rune = valid ? static_cast<char32_t>(v) : U'\uFFFD';
    std::string text;
    if (verb == U'c') {
      query::AppendRune(rune, &text);
    } else if (verb == U'q') {
      text = query::QuoteRune(rune);
    } else {
      text = fmt::format("U+{:04X}", static_cast<uint64_t>(v));
    }
    Pad(text, WithoutZeros(spec));
  }

  void Float(const Value& value, char32_t verb, const Spec& spec) {
    if (std::u32string_view(U"vbeEfFgGxX").find(verb) == std::u32string_view::npos) {
      BadVerb(value, verb, spec);
      return;
    }
    const bool fixed = std::u32string_view(U"eEfF").find(verb) != std::u32string_view::npos;
    const char letter = verb == U'v' ? 'g' : static_cast<char>(verb);
    std::string text = FormatFloat(value.number(), letter, spec.precision.value_or(fixed ? 6 : -1),
                                   spec.sharp && verb != U'v');
    const bool is_nan = text == "NaN";
    if (is_nan || text.ends_with("Inf")) {
      const std::string sign = is_nan ? SignOf(false, spec) : "";
      Pad(sign + text, WithoutZeros(spec));
      return;
    }
    const bool negative = text.starts_with('-');
    PadNumber(SignOf(negative, spec), negative ? text.substr(1) : text, spec);
  }

  static std::string HexBytes(std::string_view text, bool upper, const Spec& spec) {
    const std::string prefix = spec.sharp ? (upper ? "0X" : "0x") : "";
    std::string out = text.empty() ? "" : prefix;
    for (size_t i = 0; i < text.size(); ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      if (i > 0 && spec.space) {
        out += " " + prefix;
      }
      out += upper ? fmt::format("{:02X}", byte) : fmt::format("{:02x}", byte);
    }
    return out;
  }

  static bool CanBackquote(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
      const auto byte = static_cast<unsigned char>(c);
      return (byte >= 0x20 || c == '\t') && c != '`' && byte != 0x7F;
    });
  }

  static std::string Quoted(std::string_view text, const Spec& spec) {
    return spec.sharp && CanBackquote(text) ? fmt::format("`{}`", text) : query::Quote(text);
  }

  // Strings, and what has a text of its own.
  void Text(const Value& value, std::string_view text, char32_t verb, const Spec& spec) {
    if (spec.precision.has_value()) {
      text = query::FirstRunes(text, static_cast<size_t>(*spec.precision));
    }
    if (verb == U'v' && spec.sharp) {
      Pad(query::Quote(text), spec);
    } else if (verb == U's' || verb == U'v') {
      Pad(text, spec);
    } else if (verb == U'q') {
      Pad(Quoted(text, spec), spec);
    } else if (verb == U'x' || verb == U'X') {
      Pad(HexBytes(text, verb == U'X', spec), spec);
    } else if (value.is_text()) {
      BadVerb(value, verb, spec);
    } else {
      BadVerb(Value::Of(std::string(text)), verb, spec);
    }
  }

  template <typename Map, typename ToValue>
  void PrintMap(const Map& map, std::string_view type, char32_t verb, const Spec& spec,
                ToValue to_value) {
    const bool go_syntax = spec.sharp && verb == U'v';
    Append(go_syntax ? fmt::format("{}{{", type) : "map[");
    bool first = true;
    for (const auto& [name, element] : map) {
      Append(first ? "" : go_syntax ? ", " : " ");
      first = false;
      Print(Value::Of(name), verb, spec, false);
      Append(":");
      Print(to_value(element), verb, spec, false);
    }
    Append(go_syntax ? "}" : "]");
  }

  void Labels(const StringMap& labels, char32_t verb, const Spec& spec) {
    PrintMap(labels, "map[string]string", verb, spec,
             [](const std::string& text) { return Value::Of(text); });
  }

  // {…} of the values, with their names if a plus sign asks for them.
  void Field(std::string_view name, bool first, const Spec& spec) {
    Append(first ? "" : " ");
    Append(spec.plus ? fmt::format("{}:", name) : "");
  }

  void Sample(const QuerySample& sample, char32_t verb, const Spec& spec, bool as_pointer) {
    Append(as_pointer ? "&{" : "{");
    Field("Labels", true, spec);
    Labels(sample.labels, verb, spec);
    Field("Value", false, spec);
    Print(Value::Of(sample.value), verb, spec, false);
    Append("}");
  }

  void PrintRoot(const Root& root, char32_t verb, const Spec& spec) {
    Append("{");
    Field("Labels", true, spec);
    Labels(root.labels, verb, spec);
    Field("ExternalLabels", false, spec);
    Labels(root.external_labels, verb, spec);
    Field("ExternalURL", false, spec);
    Print(Value::Of(root.external_url), verb, spec, false);
    Field("Value", false, spec);
    Print(Value::Of(root.value), verb, spec, false);
    Append("}");
  }

  void Composite(const Value& value, char32_t verb, const Spec& spec, bool top) {
    if (value.kind() == Kind::kStringMap) {
      Labels(value.string_map(), verb, spec);
    } else if (value.kind() == Kind::kMap) {
      PrintMap(value.map(), TypeName(value), verb, spec, [](const Value& v) { return v; });
    } else if (value.kind() == Kind::kSample) {
      Sample(*value.sample(), verb, spec, top);
    } else if (value.kind() == Kind::kRoot) {
      PrintRoot(*value.root(), verb, spec);
    } else {
      Append("[");
      for (size_t i = 0; i < value.samples().size(); ++i) {
        Append(i == 0 ? "" : " ");
        Sample(*value.samples()[i], verb, spec, false);
      }
      Append("]");
    }
  }

  std::string out_;
  bool overflowed_ = false;
};

// Formatter walks a format once, taking arguments as it goes.
class Formatter {
 public:
  Formatter(std::string_view format, std::span<const Value> args) : rest_(format), args_(args) {}

  absl::StatusOr<std::string> Run() {
    while (!rest_.empty() && !printer_.overflowed()) {
      const size_t percent = std::min(rest_.find('%'), rest_.size());
      printer_.Append(rest_.substr(0, percent));
      rest_.remove_prefix(percent);
      if (!rest_.empty()) {
        rest_.remove_prefix(1);
        Directive();
      }
    }
    if (!reordered_ && next_ < args_.size()) {
      Extra();
    }
    return printer_.Take();
  }

 private:
  bool TakeChar(char c) {
    const bool found = rest_.starts_with(c);
    rest_.remove_prefix(found ? 1 : 0);
    return found;
  }

  void Flags(Spec* spec) {
    for (; !rest_.empty(); rest_.remove_prefix(1)) {
      switch (rest_.front()) {
        case '-':
          spec->minus = true;
          break;
        case '+':
          spec->plus = true;
          break;
        case '#':
          spec->sharp = true;
          break;
        case ' ':
          spec->space = true;
          break;
        case '0':
          spec->zero = true;
          break;
        default:
          return;
      }
    }
  }

  // Digits at the front; nothing when there are none or too large a number.
  std::optional<int> Number() {
    std::optional<int> number;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      if (number.value_or(0) > kMaxWidth) {
        return std::nullopt;
      }
      number = number.value_or(0) * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return number;
  }

  // [2]: the argument to go on with.
  void ArgumentIndex() {
    if (!rest_.starts_with('[')) {
      return;
    }
    reordered_ = true;
    const size_t close = rest_.find(']');
    if (close == std::string_view::npos) {
      bad_index_ = true;
      rest_.remove_prefix(1);
      return;
    }
    const std::string_view after = rest_.substr(close + 1);
    rest_.remove_prefix(1);
    const std::optional<int> index = Number();
    const bool whole = rest_.starts_with(']');
    rest_ = after;
    if (whole && index.value_or(0) >= 1 && static_cast<size_t>(*index) <= args_.size()) {
      next_ = static_cast<size_t>(*index) - 1;
      after_index_ = true;
    } else {
      bad_index_ = true;
    }
  }

  // The argument that a * stands for.
  std::optional<int> StarArgument() {
    after_index_ = false;
    if (next_ >= args_.size()) {
      return std::nullopt;
    }
    const Value& arg = args_[next_++];
    if (arg.kind() != Kind::kInt || arg.integer() > kMaxWidth || arg.integer() < -kMaxWidth) {
      return std::nullopt;
    }
    return static_cast<int>(arg.integer());
  }

  void WidthOf(Spec* spec) {
    if (!TakeChar('*')) {
      spec->width = Number();
      bad_index_ |= after_index_ && spec->width.has_value();
      return;
    }
    spec->width = StarArgument();
    if (!spec->width.has_value()) {
      printer_.Append("%!(BADWIDTH)");
    } else if (*spec->width < 0) {
      spec->width = -*spec->width;
      spec->minus = true;
    }
  }

  void PrecisionOf(Spec* spec) {
    if (!TakeChar('.')) {
      return;
    }
    bad_index_ |= after_index_;
    ArgumentIndex();
    if (!TakeChar('*')) {
      spec->precision = Number().value_or(0);
      return;
    }
    spec->precision = StarArgument();
    if (spec->precision.value_or(0) < 0) {
      spec->precision.reset();
      printer_.Append("%!(BADPREC)");
    } else if (!spec->precision.has_value()) {
      printer_.Append("%!(BADPREC)");
    }
  }

  void Directive() {
    Spec spec;
    bad_index_ = false;
    after_index_ = false;
    Flags(&spec);
    ArgumentIndex();
    WidthOf(&spec);
    PrecisionOf(&spec);
    if (!after_index_) {
      ArgumentIndex();
    }
    if (rest_.empty()) {
      printer_.Append("%!(NOVERB)");
      return;
    }
    const query::Rune rune = query::DecodeRune(rest_);
    const std::string_view verb_text = rest_.substr(0, rune.bytes);
    rest_.remove_prefix(rune.bytes);
    Verb(rune.value == query::kInvalidRune ? U'\uFFFD' : rune.value, verb_text, spec);
  }

  void Verb(char32_t verb, std::string_view verb_text, const Spec& spec) {
    if (verb == U'%') {
      printer_.Append("%");
    } else if (bad_index_) {
      printer_.Append(fmt::format("%!{}(BADINDEX)", verb_text));
    } else if (next_ >= args_.size()) {
      printer_.Append(fmt::format("%!{}(MISSING)", verb_text));
    } else {
      printer_.Print(args_[next_++], verb, spec);
    }
  }

  void Extra() {
    printer_.Append("%!(EXTRA ");
    for (size_t i = next_; i < args_.size(); ++i) {
      printer_.Append(i > next_ ? ", " : "");
      printer_.Append(args_[i].valid() ? fmt::format("{}=", TypeName(args_[i])) : "");
      printer_.Print(args_[i], U'v', Spec());
    }
    printer_.Append(")");
  }

  std::string_view rest_;
  const std::span<const Value> args_;
  Printer printer_;
  size_t next_ = 0;
  bool reordered_ = false;    // an index was used, so left arguments are no mistake
  bool after_index_ = false;  // the last thing read was an index
  bool bad_index_ = false;
};

}  // namespace

absl::StatusOr<std::string> DisplayText(const Value& value) {
  Printer printer;
  if (value.valid()) {
    printer.Print(value, U'v', Spec(), false);
  } else {
    printer.Append("<no value>");
  }
  return printer.Take();
}

absl::StatusOr<std::string> Sprintf(std::string_view format, std::span<const Value> args) {
  return Formatter(format, args).Run();
}

absl::StatusOr<std::string> Sprint(std::span<const Value> args) {
  Printer printer;
  for (size_t i = 0; i < args.size(); ++i) {
    const bool spaced = i > 0 && !args[i].is_text() && !args[i - 1].is_text();
    printer.Append(spaced ? " " : "");
    printer.Print(args[i], U'v', Spec());
  }
  return printer.Take();
}

absl::StatusOr<std::string> Sprintln(std::span<const Value> args) {
  Printer printer;
  for (size_t i = 0; i < args.size(); ++i) {
    printer.Append(i > 0 ? " " : "");
    printer.Print(args[i], U'v', Spec());
  }
  printer.Append("\n");
  return printer.Take();
}

}  // namespace tidemark::alert::templates
