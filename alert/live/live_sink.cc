#include "alert/live/live_sink.h"

namespace tidemark::alert {

std::string_view ToString(LiveCause cause) {
  switch (cause) {
    case LiveCause::kArrival:
      return "arrival";
    case LiveCause::kDeadline:
      return "deadline";
    case LiveCause::kTick:
      return "tick";
    case LiveCause::kLate:
      return "late";
    case LiveCause::kSilent:
      return "silent";
    case LiveCause::kReload:
      return "reload";
    case LiveCause::kForgotten:
      return "forgotten";
  }
  return "";
}

}  // namespace tidemark::alert
