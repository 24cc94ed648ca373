// The registry of clusters: whatever the bytes, reading ends with a fleet or an error, and what
// was read is written and read again as the same.
#include <cstdint>

#include "base/check.h"
#include "fleet/registry/registry_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidemark::fleet;  // NOLINT(google-build-using-namespace): a fuzz target
  const auto fleet = DecodeRegistry({reinterpret_cast<const char*>(data), size});
  if (!fleet.ok()) {
    return 0;
  }
  const std::string text = EncodeRegistry(*fleet);
  const auto again = DecodeRegistry(text);
  TIDEMARK_CHECK(again.ok(), "what was written cannot be read");
  TIDEMARK_CHECK(EncodeRegistry(*again) == text, "what was read is not what was written");
  return 0;
}
