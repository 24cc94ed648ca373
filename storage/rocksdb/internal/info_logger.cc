#include "storage/rocksdb/internal/info_logger.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace tidemark::storage::internal {
namespace {

constexpr size_t kMaxBytes = 1024;  // of a message; the rest is cut off

}  // namespace

// Without a level it is information.
void InfoLogger::Logv(const char* /*format*/, va_list /*arguments*/) {}

void InfoLogger::Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) {
  const bool is_error =
      level == rocksdb::InfoLogLevel::ERROR_LEVEL || level == rocksdb::InfoLogLevel::FATAL_LEVEL;
  if (logger_ == nullptr || (!is_error && level != rocksdb::InfoLogLevel::WARN_LEVEL)) {
    return;
  }
  char text[kMaxBytes];
  const int length = std::vsnprintf(text, sizeof(text), format, arguments);
  const std::string_view message(
      text, static_cast<size_t>(std::clamp(length, 0, static_cast<int>(sizeof(text)) - 1)));
  if (is_error) {
    logger_->Error("rocksdb reports an error", {{"text", message}});
  } else {
    logger_->Warn("rocksdb warns", {{"text", message}});
  }
}

}  // namespace tidemark::storage::internal
