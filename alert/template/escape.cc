#include "alert/template/escape.h"

#include "alert/template/text_case.h"
#include "fmt/format.h"
#include "query/parser/quote.h"

namespace tidemark::alert::templates {
namespace {

std::string_view HtmlEscapeOf(char c) {
  switch (c) {
    case '\0':
      return "\xEF\xBF\xBD";
    case '"':
      return "&#34;";
    case '\'':
      return "&#39;";
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    default:
      return {};
  }
}

void AppendJs(query::Rune rune, std::string_view bytes, std::string* out) {
  const char c = bytes.front();
  if (c == '\\' || c == '\'' || c == '"') {
    out->push_back('\\');
    out->push_back(c);
  } else if (rune.value < 0x20 || std::string_view("<>&=").find(c) != std::string_view::npos ||
             (rune.value >= 0x80 && !IsVisible(rune.value))) {
    const auto value =
        rune.value == query::kInvalidRune ? 0xFFFDU : static_cast<uint32_t>(rune.value);
    fmt::format_to(std::back_inserter(*out), "\\u{:04X}", value);
  } else {
    out->append(bytes);
  }
}

}  // namespace

std::string EscapeHtml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const std::string_view escape = HtmlEscapeOf(c);
    out.append(escape.empty() ? std::string_view(&c, 1) : escape);
  }
  return out;
}

std::string EscapeJs(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const query::Rune rune = query::DecodeRune(text);
    AppendJs(rune, text.substr(0, rune.bytes), &out);
    text.remove_prefix(rune.bytes);
  }
  return out;
}

std::string EscapeUrlQuery(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-_.~").find(c) != std::string_view::npos;
    if (plain) {
      out.push_back(c);
    } else if (c == ' ') {
      out.push_back('+');
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace tidemark::alert::templates
