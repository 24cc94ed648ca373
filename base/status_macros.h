// Early return on error.
//
//   RETURN_IF_ERROR(file.Sync());
//   ASSIGN_OR_RETURN(auto file, fs->Create(path));
//
// Add context once per layer with Annotate: "open journal /data/journal: permission denied".
#pragma once

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fmt/format.h"

namespace tidemark::base {

// `status` with "context: " before its message; an OK status stays as it is.
inline absl::Status Annotate(const absl::Status& status, std::string_view context) {
  if (status.ok()) {
    return status;
  }
  const absl::string_view cause = status.message();
  return absl::Status(status.code(),
                      fmt::format("{}: {}", context, std::string_view(cause.data(), cause.size())));
}

// The message of `status` as the standard's string_view.
inline std::string_view Message(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

}  // namespace tidemark::base

#define TIDEMARK_CONCAT_INNER(a, b) a##b
#define TIDEMARK_CONCAT(a, b) TIDEMARK_CONCAT_INNER(a, b)

// The counter keeps a macro inside the expression of another from shadowing its variable.
#define RETURN_IF_ERROR(expr) \
  TIDEMARK_RETURN_IF_ERROR(TIDEMARK_CONCAT(status_of_expr_, __COUNTER__), expr)

#define TIDEMARK_RETURN_IF_ERROR(tmp, expr)     \
  do {                                          \
    if (absl::Status tmp = (expr); !tmp.ok()) { \
      return tmp;                               \
    }                                           \
  } while (false)

#define ASSIGN_OR_RETURN(lhs, expr) \
  TIDEMARK_ASSIGN_OR_RETURN(TIDEMARK_CONCAT(status_or_, __COUNTER__), lhs, expr)

#define TIDEMARK_ASSIGN_OR_RETURN(tmp, lhs, expr) \
  auto tmp = (expr);                              \
  if (!tmp.ok()) {                                \
    return std::move(tmp).status();               \
  }                                               \
  lhs = *std::move(tmp)
