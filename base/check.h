// TIDEMARK_CHECK ends the process when a condition that protects data does not hold;
// TIDEMARK_DCHECK does so in debug and sanitizer builds only, for programming errors. User input
// reaches neither.
//
//   TIDEMARK_CHECK(offset <= size, "offset {} behind the end {}", offset, size);
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

#include "fmt/format.h"

namespace tidemark::base {

[[noreturn]] inline void CheckFailed(const char* file, int line, const char* condition,
                                     const std::string& detail) {
  fmt::print(stderr, "{}:{}: check failed: {} {}\n", file, line, condition, detail);
  std::fflush(stderr);
  std::abort();
}

}  // namespace tidemark::base

#define TIDEMARK_CHECK(condition, ...)                              \
  do {                                                              \
    if (!(condition)) [[unlikely]] {                                \
      ::tidemark::base::CheckFailed(__FILE__, __LINE__, #condition, \
                                    ::fmt::format("" __VA_ARGS__)); \
    }                                                               \
  } while (false)

#ifdef TIDEMARK_ENABLE_DCHECKS
#define TIDEMARK_DCHECK(condition, ...) TIDEMARK_CHECK(condition, __VA_ARGS__)
#else
#define TIDEMARK_DCHECK(condition, ...) \
  do {                                  \
  } while (false && (condition))
#endif
