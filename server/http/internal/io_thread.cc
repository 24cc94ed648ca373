#include "server/http/internal/io_thread.h"

#include <pthread.h>

#include <utility>

#include "boost/asio/post.hpp"
#include "server/http/internal/connection.h"
#include "server/http/internal/server_state.h"

namespace tidemark::server::internal {
namespace {

constexpr size_t kBuffersKept = 16;
constexpr size_t kSmallestBufferKept = 1u << 10;
constexpr size_t kLargestBufferKept = 1u << 20;

}  // namespace

bool ReplyPort::Post(absl::AnyInvocable<void()> work) {
  base::MutexLock lock(&mu_);
  if (context_ == nullptr) {
    return false;
  }
  boost::asio::post(*context_, std::move(work));
  return true;
}

void ReplyPort::Close() {
  base::MutexLock lock(&mu_);
  context_ = nullptr;
}

IoThread::IoThread(size_t index, ServerState* state)
    : index_(index),
      state_(state),
      context_(1),
      work_(boost::asio::make_work_guard(context_)),
      reply_port_(std::make_shared<ReplyPort>(&context_)) {}

IoThread::~IoThread() { Stop(); }

void IoThread::Start() {
  thread_ = std::thread([this] { context_.run(); });
  pthread_setname_np(thread_.native_handle(), "tm-io");
}

void IoThread::Adopt(Socket socket) {
  connection_count_.fetch_add(1, std::memory_order_relaxed);
  boost::asio::post(context_, [this, socket = std::move(socket)]() mutable {
    auto connection = MakeConnection(std::move(socket), this, state_);
    connections_.insert(connection);
    connection->Start();
  });
}

void IoThread::Drain() {
  boost::asio::post(context_, [this] {
    draining_ = true;
    const auto connections = connections_;
    for (const auto& connection : connections) {
      connection->Drain();
    }
  });
}

void IoThread::AbortAll() {
  boost::asio::post(context_, [this] {
    const auto connections = connections_;
    for (const auto& connection : connections) {
      connection->Abort();
    }
  });
}

void IoThread::Stop() {
  reply_port_->Close();
  context_.stop();
  if (thread_.joinable()) {
    thread_.join();
  }
  while (!connections_.empty()) {
    Remove(connections_.begin()->get());
  }
}

void IoThread::Remove(Connection* connection) {
  if (connections_.erase(connection->shared_from_this()) == 1) {
    connection_count_.fetch_sub(1, std::memory_order_relaxed);
    state_->connections.Remove();
  }
}

std::string IoThread::TakeBuffer() {
  if (buffers_.empty()) {
    return {};
  }
  std::string buffer = std::move(buffers_.back());
  buffers_.pop_back();
  return buffer;
}

void IoThread::ReturnBuffer(std::string buffer) {
  if (buffer.capacity() >= kSmallestBufferKept && buffer.capacity() <= kLargestBufferKept &&
      buffers_.size() < kBuffersKept) {
    buffer.clear();
    buffers_.push_back(std::move(buffer));
  }
}

const std::string& IoThread::DateText() {
  const std::time_t now = std::time(nullptr);
  if (now != date_) {
    date_ = now;
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[40];
    const size_t length = std::strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    date_text_.assign(text, length);
  }
  return date_text_;
}

}  // namespace tidemark::server::internal
