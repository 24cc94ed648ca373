#include "server/grpc/page.h"

namespace tidemark::server {

absl::StatusOr<size_t> PageSize(int32_t asked) {
  if (asked < 0) {
    return absl::InvalidArgumentError("page_size must not be negative");
  }
  return static_cast<size_t>(asked == 0 ? kUsualPageSize : std::min(asked, kMaxPageSize));
}

}  // namespace tidemark::server
