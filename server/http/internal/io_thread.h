// IoThread is one event loop on one thread, with the connections that belong to it.
//
// Owned by the HttpServer, outlives its connections. Adopt, Drain, AbortAll and connection_count
// may be called by any thread; what is marked so, only on the I/O thread itself.
#pragma once

#include <atomic>
#include <cstddef>
#include <ctime>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/functional/any_invocable.h"
#include "base/mutex.h"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"

namespace tidemark::server::internal {

class Connection;
struct ServerState;

using Socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

// Posts work to an I/O thread as long as it runs. Shared with responders, which may outlive it.
class ReplyPort {
 public:
  explicit ReplyPort(boost::asio::io_context* context) : context_(context) {}
  // False when the thread has ended; `work` is then dropped.
  bool Post(absl::AnyInvocable<void()> work) ABSL_LOCKS_EXCLUDED(mu_);
  void Close() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  base::Mutex mu_;
  boost::asio::io_context* context_ ABSL_GUARDED_BY(mu_);
};

class IoThread {
 public:
  IoThread(size_t index, ServerState* state);
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  void Start();
  // Closes idle connections; others end with their present request.
  void Drain();
  // Cancels handlers and closes all sockets.
  void AbortAll();
  // Ends the loop and drops the connections. REQUIRES: no handler of a connection runs on a pool.
  void Stop();

  // Serves a connection whose socket was made for context().
  void Adopt(Socket socket);

  boost::asio::io_context& context() { return context_; }
  size_t index() const { return index_; }
  // Connections that were given to this thread and are open.
  size_t connection_count() const { return connection_count_.load(std::memory_order_relaxed); }
  const std::shared_ptr<ReplyPort>& reply_port() const { return reply_port_; }

  // On the I/O thread only:
  bool draining() const { return draining_; }
  void Remove(Connection* connection);
  // A body buffer, empty, with whatever room it has from before.
  std::string TakeBuffer();
  void ReturnBuffer(std::string buffer);
  // The present time as the value of a Date header.
  const std::string& DateText();

 private:
  void Run();

  const size_t index_;
  ServerState* const state_;
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  const std::shared_ptr<ReplyPort> reply_port_;
  // Writer: the accepting thread and the I/O thread. Reader: the accepting thread. Only a count.
  std::atomic<size_t> connection_count_{0};
  absl::flat_hash_set<std::shared_ptr<Connection>> connections_;
  std::vector<std::string> buffers_;
  bool draining_ = false;
  std::time_t date_ = 0;
  std::string date_text_;
  std::thread thread_;
};

}  // namespace tidemark::server::internal
