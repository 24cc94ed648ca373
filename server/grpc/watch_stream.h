// WatchStream tells one caller of changes until it goes: first what was there when it came, then
// each change that is pushed.
//
// Invariants:
//   1. At most one write is under way; only its end, or a push when there is none, begins another.
//   2. Messages go out in the order in which they were pushed, behind the initial ones.
//   3. At most `max_waiting` messages wait. One more, and all that wait are dropped and the stream
//      ends: the reader is too slow, and memory is not its buffer.
//   4. Finish is said once, with no write under way, and nothing is started after it.
//
// Push and End wait for nobody. Thread-safe, but Push, which one thread at a time calls. Shared by
// its feed and by gRPC, which holds it until OnDone.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "base/mutex.h"
#include "grpcpp/support/server_callback.h"
#include "server/grpc/calls.h"
#include "server/grpc/rpc_metrics.h"
#include "server/grpc/stall_watch.h"

namespace tidemark::server {

template <typename Message>
class WatchStream final : public grpc::ServerWriteReactor<Message>,
                          public std::enable_shared_from_this<WatchStream<Message>> {
 public:
  using Shared = std::shared_ptr<const Message>;
  // Gives what was there one after the other; null when that was all. Called under the stream's
  // lock.
  using Initial = absl::AnyInvocable<Shared()>;

  struct Options {
    StallWatch* stalls = nullptr;
    size_t max_waiting = 0;
    // Said of a reader that is too slow, with the last message that it was sent, if any.
    std::string (*how_to_resume)(const Message* last) = nullptr;
  };

  // `gone` is called when the stream has ended, by a thread of gRPC.
  static std::shared_ptr<WatchStream> Create(const Options& options,
                                             grpc::CallbackServerContext* context, OpenRpc rpc,
                                             absl::AnyInvocable<void(WatchStream*)> gone) {
    std::shared_ptr<WatchStream> stream(
        new WatchStream(options, context, std::move(rpc), std::move(gone)));
    stream->self_ = stream;
    return stream;
  }

  // What was pushed before waits behind the initial messages. Call once.
  void Begin(Initial initial) ABSL_LOCKS_EXCLUDED(mu_) {
    {
      base::MutexLock lock(&mu_);
      initial_ = std::move(initial);
      has_begun_ = true;
    }
    Continue();
  }

  void Push(Shared message) ABSL_LOCKS_EXCLUDED(mu_) {
    {
      base::MutexLock lock(&mu_);
      if (end_.has_value()) {
        return;
      }
      waiting_.push_back(std::move(message));
      if (waiting_.size() > options_.max_waiting) {
        SetEnd({grpc::StatusCode::RESOURCE_EXHAUSTED,
                options_.how_to_resume(last_sent_ == nullptr ? nullptr : last_sent_.get())});
      }
    }
    Continue();
  }

  // Whether gRPC has done with the stream, and `gone` was called or is about to be: who adds it
  // somewhere asks afterwards, and takes it out again.
  bool is_done() const ABSL_LOCKS_EXCLUDED(mu_) {
    base::MutexLock lock(&mu_);
    return is_done_;
  }

  // Ends the stream, without what waits.
  void End(grpc::Status status) ABSL_LOCKS_EXCLUDED(mu_) {
    {
      base::MutexLock lock(&mu_);
      SetEnd(std::move(status));
    }
    Continue();
  }

 private:
  WatchStream(const Options& options, grpc::CallbackServerContext* context, OpenRpc rpc,
              absl::AnyInvocable<void(WatchStream*)> gone)
      : options_(options), rpc_(std::move(rpc)), gone_(std::move(gone)) {
    writes_.emplace(options.stalls, context);
  }

  void SetEnd(grpc::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (!end_.has_value()) {
      end_ = std::move(status);
    }
    waiting_.clear();
    initial_ = nullptr;
  }

  Shared TakeNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (initial_ != nullptr) {
      if (Shared next = initial_()) {
        return next;
      }
      initial_ = nullptr;
    }
    if (waiting_.empty()) {
      return nullptr;
    }
    Shared next = std::move(waiting_.front());
    waiting_.pop_front();
    return next;
  }

  // Starts what is to be done next, if nothing is under way. What is decided under the lock is done
  // outside of it: nobody else starts anything meanwhile.
  void Continue() ABSL_LOCKS_EXCLUDED(mu_) {
    const Message* write = nullptr;
    std::optional<grpc::Status> finish;
    {
      base::MutexLock lock(&mu_);
      if (under_way_ != nullptr || is_finished_) {
        return;
      }
      if (end_.has_value()) {
        is_finished_ = true;
        finish = *end_;
      } else if (has_begun_) {
        under_way_ = TakeNext();
        write = under_way_.get();
      }
    }
    if (write != nullptr) {
      writes_->Begin();
      this->StartWrite(write);
    } else if (finish.has_value()) {
      rpc_.End(finish->error_code());
      this->Finish(*std::move(finish));
    }
  }

  void OnWriteDone(bool ok) override ABSL_LOCKS_EXCLUDED(mu_) {
    writes_->End();
    {
      base::MutexLock lock(&mu_);
      last_sent_ = std::exchange(under_way_, nullptr);
      if (!ok) {
        SetEnd(CallerHasGone());
      }
    }
    Continue();
  }

  void OnCancel() override { End(CallerHasGone()); }

  void OnDone() override ABSL_LOCKS_EXCLUDED(mu_) {
    {
      base::MutexLock lock(&mu_);
      is_done_ = true;
    }
    writes_.reset();  // the RPC's context goes with it
    gone_(this);
    // Whoever pushes at this moment has a share of the stream, too.
    const std::shared_ptr<WatchStream> self = std::move(self_);
  }

  const Options options_;
  OpenRpc rpc_;
  std::optional<StallWatch::Writes> writes_;
  absl::AnyInvocable<void(WatchStream*)> gone_;
  std::shared_ptr<WatchStream> self_;  // until OnDone

  mutable base::Mutex mu_;
  bool has_begun_ ABSL_GUARDED_BY(mu_) = false;
  Initial initial_ ABSL_GUARDED_BY(mu_);
  std::deque<Shared> waiting_ ABSL_GUARDED_BY(mu_);
  Shared under_way_ ABSL_GUARDED_BY(mu_);
  Shared last_sent_ ABSL_GUARDED_BY(mu_);
  std::optional<grpc::Status> end_ ABSL_GUARDED_BY(mu_);
  bool is_finished_ ABSL_GUARDED_BY(mu_) = false;  // Finish was said
  bool is_done_ ABSL_GUARDED_BY(mu_) = false;
};

// A stream that is refused at once.
template <typename Message>
class RefusedStream final : public grpc::ServerWriteReactor<Message> {
 public:
  explicit RefusedStream(grpc::Status status) { this->Finish(std::move(status)); }

 private:
  void OnDone() override { delete this; }
};

}  // namespace tidemark::server
