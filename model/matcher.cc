#include "model/matcher.h"

#include <algorithm>

#include "fmt/format.h"
#include "re2/re2.h"

namespace tidemark::model {
namespace {

// Bounds of an expression's values are exact up to so many bytes.
constexpr int kMaxBoundBytes = 32;

// Splits "a|b|c" at its bars when every part is a literal; nullopt otherwise.
std::optional<std::vector<std::string>> SplitLiterals(std::string_view regex) {
  std::vector<std::string> parts(1);
  for (size_t i = 0; i < regex.size(); ++i) {
    const char c = regex[i];
    if (c == '|') {
      parts.emplace_back();
    } else if (c == '\\' && i + 1 < regex.size() &&
               std::string_view(".|\\-+*?()[]{}^$/").find(regex[i + 1]) != std::string_view::npos) {
      parts.back().push_back(regex[++i]);
    } else if (std::string_view("\\.+*?()[]{}^$").find(c) != std::string_view::npos) {
      return std::nullopt;
    } else {
      parts.back().push_back(c);
    }
  }
  std::sort(parts.begin(), parts.end());
  parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
  return parts;
}

}  // namespace

std::string_view OperatorText(MatchType type) {
  constexpr std::string_view kTexts[] = {"=", "!=", "=~", "!~"};
  return kTexts[static_cast<size_t>(type)];
}

absl::StatusOr<Matcher> Matcher::Create(MatchType type, std::string name, std::string value) {
  Matcher matcher;
  matcher.type_ = type;
  matcher.name_ = std::move(name);
  matcher.value_ = std::move(value);
  if (type == MatchType::kEqual || type == MatchType::kNotEqual) {
    matcher.literals_ = {matcher.value_};
    return matcher;
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  auto regex = std::make_shared<const re2::RE2>(matcher.value_, options);
  if (!regex->ok()) {
    return absl::InvalidArgumentError(
        fmt::format("invalid regular expression \"{}\": {}", matcher.value_, regex->error()));
  }
  matcher.literals_ = SplitLiterals(matcher.value_);
  if (!matcher.literals_) {
    Bounds& bounds = matcher.bounds_;
    if (!regex->PossibleMatchRange(&bounds.first, &bounds.last, kMaxBoundBytes)) {
      bounds = {};
    }
    matcher.regex_ = std::move(regex);
  }
  return matcher;
}

bool Matcher::Matches(std::string_view label_value) const {
  const bool hit = literals_
                       ? std::binary_search(literals_->begin(), literals_->end(), label_value)
                       : re2::RE2::FullMatch({label_value.data(), label_value.size()}, *regex_);
  return hit != negative();
}

std::string Matcher::ToString() const {
  std::string out = name_;
  out.append(OperatorText(type_)).push_back('"');
  for (const char c : value_) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out.append("\\n");
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
  return out;
}

}  // namespace tidemark::model
