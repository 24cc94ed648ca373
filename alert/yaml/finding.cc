#include "alert/yaml/finding.h"

namespace tidemark::alert {

absl::Status ToStatus(const std::vector<FileFinding>& errors) {
  if (errors.empty()) {
    return absl::OkStatus();
  }
  std::string text;
  for (const FileFinding& error : errors) {
    text.append(text.empty() ? "" : "\n").append(error.ToString());
  }
  return absl::InvalidArgumentError(text);
}

}  // namespace tidemark::alert
