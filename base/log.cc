#include "base/log.h"

#include <chrono>
#include <ctime>

#include "base/status_macros.h"
#include "fmt/format.h"

namespace tidemark::base {
namespace {

constexpr std::string_view kLevelNames[] = {"debug", "info", "warn", "error"};

bool NeedsQuotes(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c == '"' || c == '=' || c == '\\') {
      return true;
    }
  }
  return text.empty();
}

void AppendQuoted(std::string_view text, std::string* line) {
  line->push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      line->push_back('\\');
      line->push_back(c);
    } else if (c == '\n') {
      line->append("\\n");
    } else if (static_cast<unsigned char>(c) < ' ') {
      fmt::format_to(std::back_inserter(*line), "\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      line->push_back(c);
    }
  }
  line->push_back('"');
}

void AppendField(std::string_view key, std::string_view text, std::string* line) {
  line->append(key);
  line->push_back('=');
  if (NeedsQuotes(text)) {
    AppendQuoted(text, line);
  } else {
    line->append(text);
  }
}

std::string TimeText() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const int64_t ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
  std::tm tm{};
  gmtime_r(&seconds, &tm);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", tm.tm_year + 1900, tm.tm_mon + 1,
                     tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ms % 1000);
}

}  // namespace

bool ParseLogLevel(std::string_view name, LogLevel* level) {
  for (size_t i = 0; i < std::size(kLevelNames); ++i) {
    if (name == kLevelNames[i]) {
      *level = static_cast<LogLevel>(i);
      return true;
    }
  }
  return false;
}

LogField::LogField(std::string_view field_key, const absl::Status& value)
    : key(field_key), text(value.ok() ? "ok" : std::string(Message(value))) {}

LogField::LogField(std::string_view field_key, double value)
    : key(field_key), text(fmt::format("{}", value)) {}

void Logger::Log(LogLevel level, std::string_view msg, Fields fields) {
  if (level < min_level_) {
    return;
  }
  std::string line = "ts=" + TimeText() + " level=";
  line.append(kLevelNames[static_cast<size_t>(level)]);
  line.push_back(' ');
  AppendField("msg", msg, &line);
  for (const LogField& field : fields) {
    line.push_back(' ');
    AppendField(field.key, field.text, &line);
  }
  line.push_back('\n');
  std::fwrite(line.data(), 1, line.size(), stream_);
  std::fflush(stream_);
}

}  // namespace tidemark::base
