#include "server/http/form.h"

#include "base/status_macros.h"
#include "fmt/format.h"

namespace tidemark::server {
namespace {

constexpr std::string_view kFormType = "application/x-www-form-urlencoded";

// The value of a hexadecimal digit; -1 if `c` is none.
int HexDigit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool HasForm(const HttpRequest& request) {
  const std::string_view type = request.Header("Content-Type");
  return EqualsIgnoreCase(TrimBlanks(type.substr(0, type.find(';'))), kFormType);
}

}  // namespace

absl::StatusOr<std::string> PercentDecode(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(plus_is_blank && text[i] == '+' ? ' ' : text[i]);
      continue;
    }
    const std::string_view escape = text.substr(i, 3);
    if (escape.size() < 3 || HexDigit(escape[1]) < 0 || HexDigit(escape[2]) < 0) {
      return absl::InvalidArgumentError(fmt::format("invalid URL escape \"{}\"", escape));
    }
    out.push_back(static_cast<char>(HexDigit(escape[1]) * 16 + HexDigit(escape[2])));
    i += 2;
  }
  return out;
}

absl::StatusOr<FormValues> FormValues::Parse(const HttpRequest& request) {
  FormValues form;
  if (request.method == Method::kPost && HasForm(request)) {
    RETURN_IF_ERROR(form.Add(request.body));
  }
  RETURN_IF_ERROR(form.Add(request.query));
  return form;
}

absl::Status FormValues::Add(std::string_view encoded) {
  while (!encoded.empty()) {
    const size_t end = encoded.find('&');
    const std::string_view pair = encoded.substr(0, end);
    encoded.remove_prefix(end == std::string_view::npos ? encoded.size() : end + 1);
    if (pair.empty()) {
      continue;
    }
    const size_t equals = pair.find('=');
    ASSIGN_OR_RETURN(std::string name, PercentDecode(pair.substr(0, equals), true));
    std::string value;
    if (equals != std::string_view::npos) {
      ASSIGN_OR_RETURN(value, PercentDecode(pair.substr(equals + 1), true));
    }
    values_.emplace_back(std::move(name), std::move(value));
  }
  return absl::OkStatus();
}

std::string_view FormValues::Get(std::string_view name) const {
  for (const auto& [key, value] : values_) {
    if (key == name) {
      return value;
    }
  }
  return {};
}

std::vector<std::string_view> FormValues::All(std::string_view name) const {
  std::vector<std::string_view> found;
  for (const auto& [key, value] : values_) {
    if (key == name) {
      found.push_back(value);
    }
  }
  return found;
}

}  // namespace tidemark::server
