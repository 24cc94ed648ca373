#include "query/api/json_text.h"

#include "fmt/format.h"
#include "query/engine/label_text.h"

namespace tidemark::query {
namespace {

constexpr std::string_view kReplacementCharacter = "\xef\xbf\xbd";

void AppendEscaped(char c, std::string* json) {
  switch (c) {
    case '"':
      json->append("\\\"");
      break;
    case '\\':
      json->append("\\\\");
      break;
    case '\n':
      json->append("\\n");
      break;
    case '\r':
      json->append("\\r");
      break;
    case '\t':
      json->append("\\t");
      break;
    default:
      fmt::format_to(std::back_inserter(*json), "\\u{:04x}", static_cast<unsigned>(c));
  }
}

bool IsPlain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\';
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* json) {
  json->push_back('"');
  size_t done = 0;
  while (done < text.size()) {
    size_t plain = done;
    while (plain < text.size() && IsPlain(text[plain])) {
      ++plain;
    }
    json->append(text.substr(done, plain - done));
    done = plain;
    if (done == text.size()) {
      break;
    }
    const size_t length = Utf8Length(text.substr(done));
    if (length == 1) {
      AppendEscaped(text[done], json);
    } else {
      json->append(length == 0 ? kReplacementCharacter : text.substr(done, length));
    }
    done += length == 0 ? 1 : length;
  }
  json->push_back('"');
}

}  // namespace tidemark::query
