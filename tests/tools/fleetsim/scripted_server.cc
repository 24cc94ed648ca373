#include "tests/tools/fleetsim/scripted_server.h"

#include <utility>

#include "base/check.h"

namespace tidemark::fleetsim {

ScriptedServer::ScriptedServer(std::vector<Answer> answers) : answers_(std::move(answers)) {
  server::Route route;
  route.path = "/write";
  route.methods = {server::Method::kPost};
  route.body_limit = 1 << 20;
  route.handler = [this](const server::HttpRequest& request) { return Take(request); };
  server::RouteTable routes;
  routes.Add(std::move(route));
  auto started = server::HttpServer::Start({}, server::ResponsePolicy::Create(".*").value(),
                                           std::move(routes), {&clock_, &logger_, &metrics_});
  TIDEMARK_CHECK(started.ok(), "{}", started.status().ToString());
  server_ = *std::move(started);
}

std::string ScriptedServer::url() const { return "http://" + server_->address() + "/write"; }

std::vector<ScriptedServer::Request> ScriptedServer::requests() const {
  base::MutexLock lock(&mu_);
  return requests_;
}

server::HttpResponse ScriptedServer::Take(const server::HttpRequest& request) {
  base::MutexLock lock(&mu_);
  Request& taken = requests_.emplace_back();
  taken.body = std::string(request.body);
  for (const server::HttpHeader& header : request.headers) {
    taken.headers.emplace(header.name, header.value);
  }
  if (requests_.size() > answers_.size()) {
    return server::TextResponse(400, "more requests than the test has answers for");
  }
  const Answer& answer = answers_[requests_.size() - 1];
  server::HttpResponse response;
  response.status = answer.status;
  response.body = answer.body;
  if (!answer.retry_after.empty()) {
    response.headers.emplace_back("Retry-After", answer.retry_after);
  }
  return response;
}

}  // namespace tidemark::fleetsim
