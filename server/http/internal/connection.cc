#include "server/http/internal/connection.h"

#include <cerrno>
#include <exception>
#include <limits>
#include <optional>
#include <utility>

#include <sys/socket.h>

#include "absl/cleanup/cleanup.h"
#include "boost/asio/post.hpp"
#include "boost/beast/core/basic_stream.hpp"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/http/empty_body.hpp"
#include "boost/beast/http/parser.hpp"
#include "boost/beast/http/read.hpp"
#include "boost/beast/http/string_body.hpp"
#include "boost/beast/http/write.hpp"
#include "server/http/internal/server_state.h"

namespace tidemark::server::internal {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr size_t kReadBytes = 64u << 10;
constexpr uint64_t kLargestBodyDiscarded = 1u << 20;
constexpr std::chrono::seconds kLingerTime{5};

Method MethodOf(http::verb verb) {
  switch (verb) {
    case http::verb::get:
      return Method::kGet;
    case http::verb::head:
      return Method::kHead;
    case http::verb::post:
      return Method::kPost;
    case http::verb::put:
      return Method::kPut;
    case http::verb::delete_:
      return Method::kDelete;
    case http::verb::options:
      return Method::kOptions;
    default:
      return Method::kOther;
  }
}

template <typename BoostView>
std::string_view View(const BoostView& text) {
  return {text.data(), text.size()};
}

// A target without scheme and host, should a proxy have sent it in absolute form.
std::string_view OriginForm(std::string_view target) {
  const size_t scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string_view::npos) {
    return target;
  }
  const size_t path = target.find('/', scheme + 3);
  return path == std::string_view::npos ? "/" : target.substr(path);
}

HttpResponse BodyTooLarge(const Route& route) {
  return TextResponse(
      413, fmt::format("the body is larger than the limit of {} bytes", route.body_limit));
}

class HttpConnection final : public Connection {
 public:
  HttpConnection(Socket socket, IoThread* thread, ServerState* state)
      : thread_(thread), state_(state), stream_(std::move(socket)), buffer_(BufferLimit(state)) {
    buffer_.reserve(kReadBytes);
  }
  ~HttpConnection() override { ReleaseBudget(); }

  void Start() override { ReadHead(); }
  void Drain() override;
  void Abort() override;

 private:
  using Stream = beast::basic_stream<asio::ip::tcp, asio::io_context::executor_type>;
  using Parser = http::request_parser<http::string_body>;

  static size_t BufferLimit(const ServerState* state) {
    return std::max(2 * kReadBytes, 2 * state->options.max_header_bytes);
  }

  std::shared_ptr<HttpConnection> Self() {
    return std::static_pointer_cast<HttpConnection>(shared_from_this());
  }
  void ExpireAfterMs(int64_t ms) { stream_.expires_after(std::chrono::milliseconds(ms)); }

  void ReadHead();
  void OnHead(error_code error);
  void OnReadError(error_code error);
  void ReplyAndEnd(HttpResponse response);
  void FillRequest();
  // The answer to a request that is refused by its head alone.
  std::optional<HttpResponse> RefusalByHead();
  bool ReserveBody();
  void RefuseUnread(HttpResponse response);
  void DiscardBody(uint64_t left);

  bool ExpectsContinue() const;
  void SendContinue();
  void ReadBody();
  void OnBody(error_code error);
  void ReleaseBody();
  void ReleaseBudget();

  void Dispatch();
  void DispatchAsync();
  void DispatchToPool();
  HttpResponse RunHandler();
  // False if there is no quick answer.
  bool ReplyQuickly();
  HttpResponse HandlerFailed(const std::exception& e) const;
  void WatchDisconnect();
  void OnReadable(error_code error);
  void OnHandlerDone(HttpResponse response);

  void Finish(HttpResponse* response) const { state_->policy.Apply(request_, response); }
  void Reply(HttpResponse response);
  void OnWritten(error_code error);
  void Linger();
  void DiscardUntilEnd();
  void Close();

  IoThread* const thread_;
  ServerState* const state_;
  Stream stream_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::optional<http::response<http::string_body>> response_;
  std::optional<http::response<http::empty_body>> continue_;
  HttpRequest request_;
  const Route* route_ = nullptr;
  HttpResponse refusal_;    // waits until the body of its request has been discarded
  size_t budget_held_ = 0;  // bytes reserved in state_->body_budget
  std::atomic<bool> cancelled_{false};
  bool reading_head_ = false;
  bool handling_ = false;  // a handler works on the request
  bool watching_ = false;  // a wait for the client's end is under way
  bool keep_alive_ = false;
  bool body_unread_ = false;  // part of the body may still come
};

// --- reading a request ---

void HttpConnection::ReadHead() {
  if (thread_->draining()) {
    return Close();
  }
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(state_->options.max_header_bytes));
  parser_->body_limit(boost::none);
  reading_head_ = true;
  ExpireAfterMs(state_->options.read_timeout_ms);
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = Self()](error_code error, size_t) { self->OnHead(error); });
}

void HttpConnection::OnHead(error_code error) {
  reading_head_ = false;
  route_ = nullptr;
  body_unread_ = false;
  FillRequest();
  if (error) {
    return OnReadError(error);
  }
  keep_alive_ = parser_->get().keep_alive();
  if (std::optional<HttpResponse> refusal = RefusalByHead()) {
    return RefuseUnread(*std::move(refusal));
  }
  if (parser_->is_done()) {
    return Dispatch();
  }
  if (!ReserveBody()) {
    state_->bodies_refused->Add();
    HttpResponse busy = TextResponse(503, "too many requests are being received");
    busy.headers.emplace_back("Retry-After", "1");
    return RefuseUnread(std::move(busy));
  }
  if (ExpectsContinue()) {
    return SendContinue();
  }
  ReadBody();
}

void HttpConnection::OnReadError(error_code error) {
  const bool is_http =
      error.category() == http::make_error_code(http::error::bad_target).category();
  if (!is_http || error == http::error::end_of_stream || error == http::error::partial_message) {
    return Close();
  }
  if (error == http::error::body_limit) {
    return ReplyAndEnd(BodyTooLarge(*route_));
  }
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return ReplyAndEnd(TextResponse(431, "the request's header is too large"));
  }
  ReplyAndEnd(TextResponse(400, "malformed request: " + error.message()));
}

// For when the rest of what the client sends cannot be understood, or is not wanted.
void HttpConnection::ReplyAndEnd(HttpResponse response) {
  keep_alive_ = false;
  body_unread_ = true;
  Finish(&response);
  Reply(std::move(response));
}

void HttpConnection::FillRequest() {
  const auto& message = parser_->get();
  request_.method = MethodOf(message.method());
  const std::string_view target = OriginForm(View(message.target()));
  const size_t mark = target.find('?');
  request_.path = target.substr(0, mark);
  request_.query = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  request_.path_param = {};
  request_.body = {};
  request_.io_thread = thread_->index();
  request_.cancelled = &cancelled_;
  request_.received_nanos = state_->deps.clock->SteadyNanos();
  request_.headers.clear();
  for (const auto& field : message.base()) {
    request_.headers.push_back({View(field.name_string()), View(field.value())});
  }
}

std::optional<HttpResponse> HttpConnection::RefusalByHead() {
  if (request_.method == Method::kOptions) {
    return HttpResponse{.status = 204, .content_type = {}, .body = {}, .headers = {}};
  }
  const RouteTable::Match match = state_->routes.Find(request_.path);
  route_ = match.route;
  request_.path_param = match.path_param;
  if (route_ == nullptr) {
    return TextResponse(404, "404 page not found");
  }
  if (!route_->Allows(request_.method)) {
    HttpResponse response = TextResponse(405, "Method Not Allowed");
    response.headers.emplace_back("Allow", route_->AllowedMethods());
    return response;
  }
  if (route_->admission) {
    if (std::optional<HttpResponse> refusal = route_->admission(request_)) {
      return refusal;
    }
  }
  if (parser_->content_length().value_or(0) > route_->body_limit ||
      (parser_->chunked() && route_->body_limit == 0)) {
    return BodyTooLarge(*route_);
  }
  return std::nullopt;
}

bool HttpConnection::ReserveBody() {
  const size_t bytes = parser_->content_length().value_or(route_->body_limit);
  if (!state_->body_budget.TryReserve(bytes)) {
    return false;
  }
  budget_held_ = bytes;
  return true;
}

void HttpConnection::RefuseUnread(HttpResponse response) {
  const auto length = parser_->is_done() ? 0 : parser_->content_length();
  if (!length.has_value() || *length > kLargestBodyDiscarded || ExpectsContinue()) {
    return ReplyAndEnd(std::move(response));
  }
  Finish(&response);
  refusal_ = std::move(response);
  ExpireAfterMs(state_->options.read_timeout_ms);
  DiscardBody(*length);
}

void HttpConnection::DiscardBody(uint64_t left) {
  const size_t here = std::min<uint64_t>(left, buffer_.size());
  buffer_.consume(here);
  left -= here;
  if (left == 0) {
    return Reply(std::exchange(refusal_, {}));
  }
  stream_.async_read_some(buffer_.prepare(std::min<uint64_t>(left, kReadBytes)),
                          [self = Self(), left](error_code error, size_t n) {
                            if (error) {
                              return self->Close();
                            }
                            self->buffer_.commit(n);
                            self->DiscardBody(left);
                          });
}

bool HttpConnection::ExpectsContinue() const {
  return EqualsIgnoreCase(request_.Header("Expect"), "100-continue");
}

void HttpConnection::SendContinue() {
  continue_.emplace(http::status::continue_, 11);
  ExpireAfterMs(state_->options.write_timeout_ms);
  http::async_write(stream_, *continue_, [self = Self()](error_code error, size_t) {
    if (error) {
      return self->Close();
    }
    self->ReadBody();
  });
}

void HttpConnection::ReadBody() {
  parser_->get().body() = thread_->TakeBuffer();
  parser_->body_limit(route_->body_limit);
  ExpireAfterMs(state_->options.read_timeout_ms);
  http::async_read(stream_, buffer_, *parser_,
                   [self = Self()](error_code error, size_t) { self->OnBody(error); });
}

void HttpConnection::OnBody(error_code error) {
  if (!error) {
    request_.body = parser_->get().body();
    request_.received_nanos = state_->deps.clock->SteadyNanos();
    return Dispatch();
  }
  ReleaseBody();
  OnReadError(error);
}

void HttpConnection::ReleaseBody() {
  request_.body = {};
  thread_->ReturnBuffer(std::exchange(parser_->get().body(), {}));
  ReleaseBudget();
}

void HttpConnection::ReleaseBudget() {
  state_->body_budget.Release(std::exchange(budget_held_, 0));
}

// --- running the handler ---

void HttpConnection::Dispatch() {
  // Only this thread writes it, and no handler of an earlier request is left to read it.
  cancelled_.store(false, std::memory_order_relaxed);
  if (route_->async_handler) {
    return DispatchAsync();
  }
  if (route_->run_on == RunOn::kIoThread) {
    return Reply(RunHandler());
  }
  if (!route_->quick_handler || !ReplyQuickly()) {
    DispatchToPool();
  }
}

bool HttpConnection::ReplyQuickly() {
  std::optional<HttpResponse> response;
  try {
    response = route_->quick_handler(request_);
  } catch (const std::exception& e) {
    response = HandlerFailed(e);
  }
  if (!response) {
    return false;
  }
  Finish(&*response);
  Reply(*std::move(response));
  return true;
}

void HttpConnection::DispatchAsync() {
  handling_ = true;
  std::weak_ptr<HttpConnection> weak = Self();
  Responder responder([port = thread_->reply_port(), weak](HttpResponse response) mutable {
    port->Post([weak = std::move(weak), response = std::move(response)]() mutable {
      if (const auto self = weak.lock()) {
        self->Finish(&response);
        self->OnHandlerDone(std::move(response));
      }
    });
  });
  route_->async_handler(request_, std::move(responder));
  ReleaseBody();  // its bytes are read; only the acknowledgement is awaited
}

void HttpConnection::DispatchToPool() {
  handling_ = true;
  stream_.expires_never();
  WatchDisconnect();
  // `this` stays: a connection that handles a request is not closed.
  state_->Pool(route_->run_on).Submit([this] {
    asio::post(thread_->context(),
               [this, response = RunHandler()]() mutable { OnHandlerDone(std::move(response)); });
  });
}

HttpResponse HttpConnection::RunHandler() {
  HttpResponse response;
  try {
    response = route_->handler(request_);
  } catch (const std::exception& e) {
    response = HandlerFailed(e);
  }
  Finish(&response);
  return response;
}

HttpResponse HttpConnection::HandlerFailed(const std::exception& e) const {
  state_->deps.logger->Error("a handler threw an exception",
                             {{"path", request_.path}, {"error", e.what()}});
  return TextResponse(500, "internal error");
}

void HttpConnection::WatchDisconnect() {
  watching_ = true;
  stream_.socket().async_wait(Socket::wait_read,
                              [self = Self()](error_code error) { self->OnReadable(error); });
}

// Readable while a handler runs: the client's next request, or its end.
void HttpConnection::OnReadable(error_code error) {
  if (error || !handling_) {
    return;
  }
  char next = 0;
  const ssize_t n = ::recv(stream_.socket().native_handle(), &next, 1, MSG_PEEK | MSG_DONTWAIT);
  if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
    cancelled_.store(true, std::memory_order_relaxed);
  }
}

void HttpConnection::OnHandlerDone(HttpResponse response) {
  handling_ = false;
  if (!stream_.socket().is_open()) {
    return Close();
  }
  if (std::exchange(watching_, false)) {
    error_code ignored;
    stream_.socket().cancel(ignored);
  }
  Reply(std::move(response));
}

// --- writing the answer ---

void HttpConnection::Reply(HttpResponse response) {
  keep_alive_ = keep_alive_ && !thread_->draining();
  response_.emplace(static_cast<http::status>(response.status), 11);
  response_->set(http::field::date, thread_->DateText());
  if (!response.content_type.empty()) {
    response_->set(http::field::content_type, response.content_type);
  }
  for (const auto& [name, value] : response.headers) {
    response_->insert(name, value);
  }
  response_->keep_alive(keep_alive_);
  if (response.status != 204) {
    response_->content_length(response.body.size());
  }
  if (request_.method != Method::kHead) {
    response_->body() = std::move(response.body);
  }
  ExpireAfterMs(state_->options.write_timeout_ms);
  http::async_write(stream_, *response_,
                    [self = Self()](error_code error, size_t) { self->OnWritten(error); });
}

void HttpConnection::OnWritten(error_code error) {
  const int64_t nanos = state_->deps.clock->SteadyNanos() - request_.received_nanos;
  state_->MetricsOf(route_).Count(static_cast<int>(response_->result_int()),
                                  static_cast<double>(nanos) * 1e-9);
  response_.reset();
  ReleaseBody();
  if (error) {
    return Close();
  }
  if (keep_alive_) {
    return ReadHead();
  }
  if (body_unread_ && !thread_->draining()) {
    return Linger();
  }
  Close();
}

void HttpConnection::Linger() {
  error_code ignored;
  stream_.socket().shutdown(Socket::shutdown_send, ignored);
  stream_.expires_after(kLingerTime);
  DiscardUntilEnd();
}

void HttpConnection::DiscardUntilEnd() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(kReadBytes), [self = Self()](error_code error, size_t) {
    if (error) {
      return self->Close();
    }
    self->DiscardUntilEnd();
  });
}

// --- the end ---

void HttpConnection::Drain() {
  if (reading_head_ && !parser_->got_some() && buffer_.size() == 0) {
    Close();
  }
}

void HttpConnection::Abort() {
  cancelled_.store(true, std::memory_order_relaxed);
  Close();
}

void HttpConnection::Close() {
  error_code ignored;
  stream_.socket().shutdown(Socket::shutdown_both, ignored);
  stream_.close();
  if (!handling_) {
    thread_->Remove(this);
  }
}

}  // namespace

std::shared_ptr<Connection> MakeConnection(Socket socket, IoThread* thread, ServerState* state) {
  return std::make_shared<HttpConnection>(std::move(socket), thread, state);
}

}  // namespace tidemark::server::internal
