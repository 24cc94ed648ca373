// InfoLogger passes on what RocksDB has to say as warnings and errors; the rest is dropped.
//
// It takes the place of RocksDB's own log file. Writing that file on a full disk ends the process:
// in builds with assertions, as the distribution's is, RocksDB 7.8.3 aborts when it writes to a
// file that has failed before, and its logger goes on after errors. Thread-safe.
#pragma once

#include <cstdarg>

#include "base/log.h"
#include "rocksdb/env.h"

namespace tidemark::storage::internal {

class InfoLogger final : public rocksdb::Logger {
 public:
  // `logger` may be null; it must outlive this one.
  explicit InfoLogger(base::Logger* logger)
      : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL), logger_(logger) {}

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override;
  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) override;

 private:
  base::Logger* const logger_;
};

}  // namespace tidemark::storage::internal
