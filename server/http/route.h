// Route says which handler answers a path and how it is run; RouteTable finds it.
//
// A table is filled at start-up and immutable from then on: thread-safe.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/string_map.h"
#include "server/http/message.h"
#include "server/http/responder.h"

namespace tidemark::server {

// Answers at once, possibly after a long computation.
using SyncHandler = std::function<HttpResponse(const HttpRequest&)>;

// Starts on the I/O thread and must not block there; the responder is called later, once, by any
// thread. The request's views end with the call.
using AsyncHandler = std::function<void(const HttpRequest&, Responder)>;

// Tries to answer on the I/O thread. It may take as long there as a write request does, and must
// not wait for anything; it gives nothing when it would have to.
using QuickHandler = std::function<std::optional<HttpResponse>(const HttpRequest&)>;

// Looks at a request whose body has not been read: a response refuses it.
using Admission = std::function<std::optional<HttpResponse>(const HttpRequest&)>;

// Where a synchronous handler runs.
enum class RunOn : uint8_t {
  kIoThread,   // answers from memory in microseconds
  kApiPool,    // looks things up
  kQueryPool,  // evaluates; as many at a time as the pool has threads
};

struct Route {
  std::string path;  // one segment may be a parameter: /api/v1/label/{name}/values
  std::vector<Method> methods;
  RunOn run_on = RunOn::kApiPool;
  size_t body_limit = 0;  // bytes; a longer body is answered 413
  Admission admission;    // may be empty
  // Exactly one of the two is set.
  SyncHandler handler;
  AsyncHandler async_handler;
  // May be set beside `handler`, which is then run only if this gives nothing. What it answers
  // costs no change of threads.
  QuickHandler quick_handler;

  bool Allows(Method method) const;
  // "GET, POST", for the header Allow.
  std::string AllowedMethods() const;
};

class RouteTable {
 public:
  struct Match {
    const Route* route = nullptr;  // null: no such path
    std::string_view path_param;
  };

  // REQUIRES: no route of the same path was added.
  void Add(Route route);
  Match Find(std::string_view path) const;
  const std::vector<Route>& routes() const { return routes_; }

 private:
  struct Pattern {
    std::string prefix;  // before the parameter
    std::string suffix;  // behind it
    size_t index;
  };

  std::vector<Route> routes_;
  base::StringMap<size_t> exact_;  // path → index in routes_
  std::vector<Pattern> patterns_;
};

}  // namespace tidemark::server
