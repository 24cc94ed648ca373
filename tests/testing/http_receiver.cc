#include "tests/testing/http_receiver.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <list>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/check.h"

namespace tidemark::testing {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using boost::system::error_code;
using Tcp = asio::ip::tcp;

void AddExtension(int id, const char* value, X509* cert) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, cert, cert, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value);
  TIDEMARK_CHECK(extension != nullptr, "extension {}", value);
  X509_add_ext(cert, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

std::string ReceivedRequest::Header(const std::string& name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) {
      return value;
    }
  }
  return "";
}

SelfSigned MakeSelfSigned(const std::string& dir) {
  const SelfSigned files = {dir + "/cert.pem", dir + "/key.pem"};
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> cert(X509_new(), X509_free);
  X509_set_version(cert.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), 86'400);
  X509_set_pubkey(cert.get(), key.get());
  X509_NAME* name = X509_get_subject_name(cert.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(cert.get(), name);
  AddExtension(NID_basic_constraints, "critical,CA:TRUE", cert.get());
  AddExtension(NID_subject_alt_name, "DNS:localhost", cert.get());
  TIDEMARK_CHECK(X509_sign(cert.get(), key.get(), EVP_sha256()) > 0, "cannot sign");
  std::FILE* file = std::fopen(files.cert_file.c_str(), "w");
  PEM_write_X509(file, cert.get());
  std::fclose(file);
  file = std::fopen(files.key_file.c_str(), "w");
  PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  return files;
}

// Accepts in one thread and serves each connection in another.
class HttpReceiver::Server {
 public:
  Server(HttpReceiver* receiver, const std::optional<SelfSigned>& tls)
      : receiver_(receiver), acceptor_(io_, {asio::ip::address_v4::loopback(), 0}) {
    if (tls.has_value()) {
      tls_.emplace(ssl::context::tls_server);
      tls_->use_certificate_chain_file(tls->cert_file);
      tls_->use_private_key_file(tls->key_file, ssl::context::pem);
    }
    thread_ = std::thread([this] { Accept(); });
  }

  ~Server() {
    stopping_ = true;
    error_code ignored;
    // The accept that is under way ends with a last connection, our own.
    Tcp::socket(io_).connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
    for (Connection& connection : connections_) {
      connection.socket.shutdown(Tcp::socket::shutdown_both, ignored);
      connection.thread.join();
    }
  }

  uint16_t port() const { return acceptor_.local_endpoint().port(); }
  int accepted() const { return accepted_; }

 private:
  struct Connection {
    explicit Connection(Tcp::socket s) : socket(std::move(s)) {}
    Tcp::socket socket;
    std::thread thread;
  };

  void Accept() {
    while (!stopping_) {
      error_code error;
      Tcp::socket socket(io_);
      acceptor_.accept(socket, error);
      if (error || stopping_) {
        continue;
      }
      ++accepted_;
      Connection& connection = connections_.emplace_back(std::move(socket));
      connection.thread = std::thread([this, &connection] { Serve(&connection.socket); });
    }
  }

  void Serve(Tcp::socket* socket) {
    error_code error;
    if (!tls_.has_value()) {
      Exchange(socket);
    } else {
      ssl::stream<Tcp::socket&> stream(*socket, *tls_);
      stream.handshake(ssl::stream_base::server, error);
      if (!error) {
        Exchange(&stream);
      }
    }
    if (!silent_) {
      socket->shutdown(Tcp::socket::shutdown_both, error);
    }
  }

  template <typename Stream>
  void Exchange(Stream* stream) {
    beast::flat_buffer buffer;
    while (true) {
      error_code error;
      http::request<http::string_body> request;
      http::read(*stream, buffer, request, error);
      if (error) {
        return;
      }
      const Reply reply = receiver_->Answer(Convert(std::move(request)));
      if (reply.silent) {
        silent_ = true;
        return;
      }
      http::response<http::string_body> response(static_cast<http::status>(reply.status), 11,
                                                 reply.body);
      response.keep_alive(!reply.close);
      response.prepare_payload();
      http::write(*stream, response, error);
      if (error || reply.close) {
        return;
      }
    }
  }

  static ReceivedRequest Convert(http::request<http::string_body> request) {
    ReceivedRequest received;
    received.method = std::string(request.method_string());
    received.target = std::string(request.target());
    for (const auto& field : request) {
      received.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    }
    received.body = std::move(request.body());
    return received;
  }

  HttpReceiver* const receiver_;
  asio::io_context io_;
  Tcp::acceptor acceptor_;
  std::optional<ssl::context> tls_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> silent_{false};
  std::atomic<int> accepted_{0};
  std::list<Connection> connections_;
  std::thread thread_;
};

HttpReceiver::HttpReceiver(Handler handler, std::optional<SelfSigned> tls)
    : handler_(std::move(handler)), server_(std::make_unique<Server>(this, tls)) {
  port_ = server_->port();
}

HttpReceiver::~HttpReceiver() = default;

Reply HttpReceiver::Answer(ReceivedRequest request) {
  const Reply reply = handler_ == nullptr ? Reply() : handler_(request);
  const std::lock_guard lock(mu_);
  requests_.push_back(std::move(request));
  changed_.notify_all();
  return reply;
}

std::vector<ReceivedRequest> HttpReceiver::requests() const {
  const std::lock_guard lock(mu_);
  return requests_;
}

int HttpReceiver::connections() const { return server_->accepted(); }

bool HttpReceiver::WaitForRequests(size_t count, int64_t timeout_ms) const {
  std::unique_lock lock(mu_);
  return changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                           [&] { return requests_.size() >= count; });
}

}  // namespace tidemark::testing
