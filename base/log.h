// Logger writes one logfmt line per event to a stream: time, level, message, fields.
//
//   logger.Info("journal opened", {{"segments", 3}, {"dir", dir}});
//   → ts=2026-01-02T15:04:05.678Z level=info msg="journal opened" segments=3 dir=/data/journal
//
// Thread-safe: a line is written by a single call. A message says what changed and, for warnings
// and errors, what the operator can do. Takes no part in the hot path.
#pragma once

#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace tidemark::base {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

// The level named `name` ("debug", "info", "warn", "error"); false if there is none.
bool ParseLogLevel(std::string_view name, LogLevel* level);

// One key with its value, rendered when the field is made.
class LogField {
 public:
  LogField(std::string_view field_key, std::string_view value) : key(field_key), text(value) {}
  LogField(std::string_view field_key, const char* value) : key(field_key), text(value) {}
  LogField(std::string_view field_key, const std::string& value) : key(field_key), text(value) {}
  LogField(std::string_view field_key, const absl::Status& value);
  LogField(std::string_view field_key, double value);
  LogField(std::string_view field_key, bool value)
      : key(field_key), text(value ? "true" : "false") {}
  template <typename Integer>
  requires(std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>)
      LogField(std::string_view field_key, Integer value)
      : key(field_key), text(std::to_string(value)) {}

  std::string_view key;
  std::string text;
};

class Logger {
 public:
  // Writes to `stream`, which must outlive this logger; events below `min_level` are dropped.
  explicit Logger(std::FILE* stream = stderr, LogLevel min_level = LogLevel::kInfo)
      : stream_(stream), min_level_(min_level) {}
  virtual ~Logger() = default;
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  using Fields = std::initializer_list<LogField>;
  void Debug(std::string_view msg, Fields fields = {}) { Log(LogLevel::kDebug, msg, fields); }
  void Info(std::string_view msg, Fields fields = {}) { Log(LogLevel::kInfo, msg, fields); }
  void Warn(std::string_view msg, Fields fields = {}) { Log(LogLevel::kWarn, msg, fields); }
  void Error(std::string_view msg, Fields fields = {}) { Log(LogLevel::kError, msg, fields); }

 private:
  void Log(LogLevel level, std::string_view msg, Fields fields);

  std::FILE* const stream_;
  const LogLevel min_level_;
};

}  // namespace tidemark::base
