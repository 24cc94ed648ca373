// Connection reads the requests of one TCP connection and writes their answers, in order.
//
// Its life, all on its I/O thread:
//
//   ReadHead ─► OnHead ─► ReadBody ─► Dispatch ─► Reply ─► OnWritten ─┬─► ReadHead (keep-alive)
//                 │                                ▲                  └─► Linger ─► Close
//                 └─ refused before its body is read
//
// A refused request's body is thrown away: a short one before the answer, so that the connection
// can be kept; a long one after it, in Linger, so that the client sees the answer before the end.
//
// Kept alive by its IoThread until Close; while a handler works on a request it is never closed.
#pragma once

#include <memory>

#include "server/http/internal/io_thread.h"

namespace tidemark::server::internal {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  virtual ~Connection() = default;

  virtual void Start() = 0;
  // Closes if idle; otherwise the present request is the last one.
  virtual void Drain() = 0;
  // Cancels the handler if one runs, and closes the socket.
  virtual void Abort() = 0;
};

// A connection over `socket`. `thread` and `state` must outlive it.
std::shared_ptr<Connection> MakeConnection(Socket socket, IoThread* thread, ServerState* state);

}  // namespace tidemark::server::internal
