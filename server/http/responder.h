// Responder carries the answer of an asynchronous handler back to its connection.
//
// Callable once, from any thread, also after the server has stopped (the answer is then dropped).
// Destroyed without a call it answers 500, so that no client waits for ever. Movable.
#pragma once

#include <utility>

#include "absl/functional/any_invocable.h"
#include "server/http/message.h"

namespace tidemark::server {

class Responder {
 public:
  using Send = absl::AnyInvocable<void(HttpResponse)>;

  explicit Responder(Send send) : send_(std::move(send)) {}
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;
  Responder(Responder&& other) noexcept : send_(std::exchange(other.send_, nullptr)) {}
  Responder& operator=(Responder&& other) noexcept {
    std::swap(send_, other.send_);
    return *this;
  }
  ~Responder() {
    if (send_) {
      send_(TextResponse(500, "the request was dropped"));
    }
  }

  // REQUIRES: not called before.
  void operator()(HttpResponse response) { std::exchange(send_, nullptr)(std::move(response)); }

 private:
  Send send_;
};

}  // namespace tidemark::server
