#include "server/signals.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>

namespace tidemark::server {
namespace {

constexpr int kExitAtOnce = 1;

sigset_t HandledSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) {
    sigaddset(&set, signal);
  }
  return set;
}

}  // namespace

Signals::Signals() {
  const sigset_t handled = HandledSignals();
  pthread_sigmask(SIG_BLOCK, &handled, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  thread_ = std::thread([this] { Listen(); });
  pthread_setname_np(thread_.native_handle(), "tm-signals");
}

Signals::~Signals() {
  ended_.store(true, std::memory_order_release);
  pthread_kill(thread_.native_handle(), SIGUSR1);  // wakes the thread
  thread_.join();
}

void Signals::Listen() {
  const sigset_t handled = HandledSignals();
  bool asked_before = false;
  while (true) {
    int signal = 0;
    sigwait(&handled, &signal);
    if (ended_.load(std::memory_order_acquire)) {
      return;
    }
    if (signal == SIGHUP) {
      Reload();
    } else if (signal != SIGUSR1) {
      if (asked_before) {
        _exit(kExitAtOnce);
      }
      asked_before = true;
      Quit();
    }
  }
}

void Signals::Quit() {
  base::MutexLock lock(&mu_);
  quit_ = true;
  event_.SignalAll();
}

void Signals::Reload() {
  base::MutexLock lock(&mu_);
  reload_ = true;
  event_.SignalAll();
}

bool Signals::quitting() const {
  base::MutexLock lock(&mu_);
  return quit_;
}

Event Signals::Wait() {
  base::MutexLock lock(&mu_);
  while (!quit_ && !reload_) {
    event_.Wait(&mu_);
  }
  if (quit_) {
    return Event::kQuit;
  }
  reload_ = false;
  return Event::kReload;
}

}  // namespace tidemark::server
