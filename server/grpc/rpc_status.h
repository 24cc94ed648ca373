// The one mapping from a Status to the status of an RPC.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "grpcpp/support/status.h"

namespace tidemark::server {

// Clients take no more than a few kilobytes of a status' text.
inline constexpr size_t kMaxStatusText = 4096;

// The codes are numbered alike.
inline grpc::Status ToRpcStatus(const absl::Status& status) {
  if (status.ok()) {
    return grpc::Status::OK;
  }
  return {static_cast<grpc::StatusCode>(status.raw_code()),
          std::string(base::Message(status).substr(0, kMaxStatusText))};
}

}  // namespace tidemark::server
