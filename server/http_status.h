// The one mapping from a Status to the status code of an HTTP answer to a writer.
//
// A sender drops what was answered 400 and repeats what was answered 5xx, so only what can never
// be stored is a 400.
#pragma once

#include "absl/status/status.h"

namespace tidemark::server {

inline int HttpStatusOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return 204;
    case absl::StatusCode::kInvalidArgument:
      return 400;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
      return 503;
    default:
      return 500;
  }
}

}  // namespace tidemark::server
