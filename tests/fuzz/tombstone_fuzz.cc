// Any bytes as a tombstone. They are refused, or what they mean is encoded and decoded again
// without a change; but for sets that take seconds to encode, which goes ref by ref.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "storage/deletion/tombstones.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidemark::storage;
  const auto tombstone = DecodeTombstone(7, {reinterpret_cast<const char*>(data), size});
  constexpr uint64_t kMaxRefs = 1 << 20;
  if (tombstone.ok() && tombstone->series.cardinality() <= kMaxRefs) {
    const auto again = DecodeTombstone(7, EncodeTombstone(*tombstone));
    TIDEMARK_CHECK(again.ok(), "a tombstone was refused: {}", again.status().ToString());
    TIDEMARK_CHECK(again->buckets == tombstone->buckets && again->series == tombstone->series &&
                       again->min_time == tombstone->min_time &&
                       again->max_time == tombstone->max_time &&
                       again->sequence == tombstone->sequence,
                   "a tombstone changed");
  }
  return 0;
}
