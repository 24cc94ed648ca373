#include "server/fleet/wait_notice.h"

#include <unistd.h>

#include <utility>

#include "base/clock.h"
#include "fmt/format.h"

namespace tidemark::server {
namespace {

constexpr std::string_view kClearLine = "\r\x1b[K";
constexpr int64_t kNanosPerSecond = 1'000'000'000;

}  // namespace

WaitNotice::WaitNotice(std::FILE* out, std::string what, int64_t period_ms)
    : out_(out), what_(std::move(what)), period_ms_(period_ms) {
  if (out_ != nullptr) {
    thread_ = std::thread([this] { Run(); });
  }
}

WaitNotice::~WaitNotice() {
  if (!thread_.joinable()) {
    return;
  }
  {
    base::MutexLock lock(&mu_);
    is_over_ = true;
    ended_.SignalAll();
  }
  thread_.join();
}

std::FILE* WaitNotice::Terminal() { return isatty(STDERR_FILENO) != 0 ? stderr : nullptr; }

void WaitNotice::Run() {
  const base::SystemClock clock;
  const int64_t began = clock.SteadyNanos();
  int64_t next = began;
  bool is_shown = false;
  base::MutexLock lock(&mu_);
  while (!is_over_) {
    next += period_ms_ * 1'000'000;
    while (!is_over_ && clock.SteadyNanos() < next) {
      ended_.WaitFor(&mu_, (next - clock.SteadyNanos()) / 1'000'000 + 1);
    }
    if (!is_over_) {
      is_shown = true;
      fmt::print(out_, "{}waiting for {}, {} s", kClearLine, what_,
                 (clock.SteadyNanos() - began) / kNanosPerSecond);
      std::fflush(out_);
    }
  }
  if (is_shown) {
    fmt::print(out_, "{}", kClearLine);
    std::fflush(out_);
  }
}

}  // namespace tidemark::server
