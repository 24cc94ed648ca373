// RPCs whose answer is computed on a worker: UnaryCall gives one message, ListStream one message
// after the other.
//
// Both own themselves: they are made by Run(), and go when gRPC has done with them. gRPC calls
// OnCancel, OnWriteDone and OnDone on its threads and waits for none of them; a call touches itself
// no more after it has said Finish, because OnDone may come at once.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "grpcpp/support/server_callback.h"
#include "server/grpc/rpc_metrics.h"
#include "server/grpc/rpc_status.h"
#include "server/grpc/stall_watch.h"
#include "server/http/worker_pool.h"

namespace tidemark::server {

inline grpc::Status TooManyRpcs() {
  return {grpc::StatusCode::RESOURCE_EXHAUSTED,
          "as many RPCs as the server takes are open; ask again later"};
}

inline grpc::Status CallerHasGone() {
  return {grpc::StatusCode::CANCELLED, "the caller has cancelled, or its deadline is over"};
}

// Where RPCs run. Borrowed parts; all are thread-safe.
struct CallRunner {
  WorkerPool* pool = nullptr;
  RpcMetrics* metrics = nullptr;
  StallWatch* stalls = nullptr;
};

// Set when the caller has gone, or its deadline is over. Writer: a thread of gRPC. Reader: the
// worker. Publishes nothing else.
using CancelFlag = std::atomic<bool>;

class UnaryCall final : public grpc::ServerUnaryReactor {
 public:
  // Fills the response, which lives as long as the call.
  using Answer = absl::AnyInvocable<absl::Status(const CancelFlag& cancelled)>;

  static grpc::ServerUnaryReactor* Run(const CallRunner& runner, RpcMethod method,
                                       grpc::CallbackServerContext* context, Answer answer) {
    auto* const call = new UnaryCall(runner, method, context, std::move(answer));
    if (!call->rpc_.has_value()) {
      call->Finish(TooManyRpcs());
    } else {
      runner.pool->Submit([call] { call->Work(); });
    }
    return call;
  }

 private:
  UnaryCall(const CallRunner& runner, RpcMethod method, grpc::CallbackServerContext* context,
            Answer answer)
      : rpc_(runner.metrics->Begin(method)),
        writes_(runner.stalls, context),
        answer_(std::move(answer)) {}

  void Work() {
    const bool has_gone = cancelled_.load(std::memory_order_relaxed);
    grpc::Status status = has_gone ? CallerHasGone() : ToRpcStatus(answer_(cancelled_));
    rpc_->End(status.error_code());
    writes_.Begin();
    Finish(std::move(status));
  }
  void OnCancel() override { cancelled_.store(true, std::memory_order_relaxed); }
  void OnDone() override { delete this; }

  std::optional<OpenRpc> rpc_;
  StallWatch::Writes writes_;
  Answer answer_;
  CancelFlag cancelled_{false};
};

template <typename Message>
class ListStream final : public grpc::ServerWriteReactor<Message> {
 public:
  // Fills an empty message with the next of the list; false when there is none.
  using Next = absl::AnyInvocable<bool(Message*)>;
  using Answer = absl::AnyInvocable<absl::StatusOr<Next>(const CancelFlag& cancelled)>;

  static grpc::ServerWriteReactor<Message>* Run(const CallRunner& runner, RpcMethod method,
                                                grpc::CallbackServerContext* context,
                                                Answer answer) {
    auto* const call = new ListStream(runner, method, context, std::move(answer));
    if (!call->rpc_.has_value()) {
      call->Finish(TooManyRpcs());
    } else {
      runner.pool->Submit([call] { call->Work(); });
    }
    return call;
  }

 private:
  ListStream(const CallRunner& runner, RpcMethod method, grpc::CallbackServerContext* context,
             Answer answer)
      : rpc_(runner.metrics->Begin(method)),
        writes_(runner.stalls, context),
        answer_(std::move(answer)) {}

  void Work() {
    if (cancelled_.load(std::memory_order_relaxed)) {
      return End(CallerHasGone());
    }
    auto next = answer_(cancelled_);
    if (!next.ok()) {
      return End(ToRpcStatus(next.status()));
    }
    next_ = *std::move(next);
    WriteNext();
  }
  // One write at a time: only its end begins the next.
  void WriteNext() {
    message_.Clear();
    if (next_(&message_)) {
      writes_.Begin();
      this->StartWrite(&message_);
    } else {
      End(grpc::Status::OK);
    }
  }
  void End(grpc::Status status) {
    rpc_->End(status.error_code());
    this->Finish(std::move(status));
  }
  void OnWriteDone(bool ok) override {
    writes_.End();
    if (ok) {
      WriteNext();
    } else {
      End(CallerHasGone());
    }
  }
  void OnCancel() override { cancelled_.store(true, std::memory_order_relaxed); }
  void OnDone() override { delete this; }

  std::optional<OpenRpc> rpc_;
  StallWatch::Writes writes_;
  Answer answer_;
  Next next_;
  Message message_;
  CancelFlag cancelled_{false};
};

}  // namespace tidemark::server
