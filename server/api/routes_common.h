// What the handlers of several routes share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "model/matcher.h"
#include "server/api/backend.h"
#include "server/http/form.h"
#include "server/http/route.h"
#include "storage/querier.h"

namespace tidemark::server {

inline constexpr std::string_view kTruncatedWarning = "results truncated due to limit";

// Bytes of a form in a POST, and of a query string, that are read.
inline constexpr size_t kMaxFormBytes = 10u << 20;

// A route for GET and for POST with a form, refused while the server is not ready. Without handler.
Route FormRoute(std::string_view path, RunOn run_on, const BackendSlot* slot);
// Adds one with a handler.
void AddFormRoute(std::string_view path, RunOn run_on, ApiHandler handler, const BackendSlot* slot,
                  RouteTable* routes);
// The same for GET only.
Route GetRoute(std::string_view path, const BackendSlot* slot);
void AddGetRoute(std::string_view path, ApiHandler handler, const BackendSlot* slot,
                 RouteTable* routes);

// Adds `path` for POST and PUT with a form; unless `enabled` it is refused with 403.
void AddAdminAction(std::string_view path, bool enabled, ApiHandler handler,
                    const BackendSlot* slot, RouteTable* routes);

// The answer to parameters that cannot be decoded.
HttpResponse MalformedForm(const absl::Status& status);

using Matchers = std::vector<model::Matcher>;

// The parameters match[], each a selector that does not match everything; there may be none. The
// error names the parameter.
absl::StatusOr<std::vector<Matchers>> ReadSelectors(const FormValues& form);

// The parameters start and end; all of time where they are not given. The error says which of
// them is wrong. A selection without matchers.
absl::StatusOr<storage::Selection> ReadExtent(const FormValues& form);

}  // namespace tidemark::server
