#include "query/engine/work_meter.h"

namespace tidemark::query {
namespace {

bool IsSet(const std::atomic<bool>* flag) {
  return flag != nullptr && flag->load(std::memory_order_relaxed);
}

}  // namespace

absl::Status WorkMeter::Check() {
  unchecked_ = 0;
  if (IsSet(cancelled_) || IsSet(abandoned_)) {
    return absl::CancelledError("query was canceled in expression evaluation");
  }
  return clock_.SteadyNanos() > deadline_nanos_
             ? absl::DeadlineExceededError("query timed out in expression evaluation")
             : absl::OkStatus();
}

}  // namespace tidemark::query
