// FormValues holds the parameters of a request: those of its query string and, for a POST of
// application/x-www-form-urlencoded, those of its body, which come first. A plain value.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/http/message.h"

namespace tidemark::server {

// `text` with %XX replaced, and `+` by a blank if `plus_is_blank`. InvalidArgument for a `%`
// without two hexadecimal digits.
absl::StatusOr<std::string> PercentDecode(std::string_view text, bool plus_is_blank);

class FormValues {
 public:
  // InvalidArgument when an escape is malformed.
  static absl::StatusOr<FormValues> Parse(const HttpRequest& request);

  // The first value of `name`; empty if there is none.
  std::string_view Get(std::string_view name) const;
  // All values of `name`, in order.
  std::vector<std::string_view> All(std::string_view name) const;

 private:
  absl::Status Add(std::string_view encoded);

  std::vector<std::pair<std::string, std::string>> values_;
};

}  // namespace tidemark::server
