#include "server/http/route.h"

#include <algorithm>

#include "base/check.h"

namespace tidemark::server {

bool Route::Allows(Method method) const {
  return std::find(methods.begin(), methods.end(), method) != methods.end();
}

std::string Route::AllowedMethods() const {
  std::string text;
  for (const Method method : methods) {
    text += text.empty() ? "" : ", ";
    text += MethodName(method);
  }
  return text;
}

void RouteTable::Add(Route route) {
  TIDEMARK_CHECK(!route.handler != !route.async_handler, "route {} needs one handler", route.path);
  const size_t index = routes_.size();
  const size_t open = route.path.find('{');
  if (open == std::string::npos) {
    const bool added = exact_.emplace(route.path, index).second;
    TIDEMARK_CHECK(added, "route {} added twice", route.path);
  } else {
    const size_t close = route.path.find('}', open);
    patterns_.push_back({route.path.substr(0, open), route.path.substr(close + 1), index});
  }
  routes_.push_back(std::move(route));
}

RouteTable::Match RouteTable::Find(std::string_view path) const {
  if (const auto it = exact_.find(path); it != exact_.end()) {
    return {&routes_[it->second], {}};
  }
  for (const Pattern& pattern : patterns_) {
    if (path.size() <= pattern.prefix.size() + pattern.suffix.size() ||
        !path.starts_with(pattern.prefix) || !path.ends_with(pattern.suffix)) {
      continue;
    }
    path.remove_prefix(pattern.prefix.size());
    path.remove_suffix(pattern.suffix.size());
    if (path.find('/') == std::string_view::npos) {
      return {&routes_[pattern.index], path};
    }
    break;
  }
  return {};
}

}  // namespace tidemark::server
