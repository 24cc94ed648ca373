#include "tools/fleetsim/stop_signals.h"

#include <pthread.h>
#include <time.h>

namespace tidemark::fleetsim {

StopSignals::StopSignals() {
  sigemptyset(&set_);
  sigaddset(&set_, SIGINT);
  sigaddset(&set_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
}

void StopSignals::Wait() const {
  int signal = 0;
  sigwait(&set_, &signal);
}

bool StopSignals::WaitFor(int64_t timeout_ms) const {
  const timespec timeout{timeout_ms / 1000, timeout_ms % 1000 * 1'000'000};
  return sigtimedwait(&set_, nullptr, &timeout) > 0;
}

}  // namespace tidemark::fleetsim
