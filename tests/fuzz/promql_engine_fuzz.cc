// Any expression over a small store, as a range and as an instant. It is refused cleanly or
// evaluated, and where the range has a value the instant has the same.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "base/check.h"
#include "base/clock.h"
#include "query/engine/engine.h"
#include "tests/query/engine/same_result.h"
#include "tests/testing/memory_querier.h"

namespace {

using tidemark::query::Engine;
using tidemark::query::EngineOptions;

constexpr int64_t kStepMs = 60'000;
constexpr int64_t kEndMs = 600'000;

tidemark::testing::MemoryQuerier MakeStore() {
  tidemark::testing::MemoryQuerier store;
  for (const char* name : {"a", "b", "c_bucket"}) {
    for (int i = 0; i < 3; ++i) {
      std::vector<tidemark::model::Sample> samples;
      for (int t = 0; t < 40; ++t) {
        const bool stale = t % 13 == 12 && i == 1;
        samples.push_back({t * 15'000, stale ? tidemark::model::StaleMarker() : t * i % 11});
      }
      store.Add(tidemark::model::Labels::Of(
                    {{"__name__", name}, {"i", std::to_string(i)}, {"le", i == 2 ? "+Inf" : "1"}}),
                samples);
    }
  }
  return store;
}

// Whether the value depends on more than the evaluation time. Keywords may be in capitals.
bool DependsOnTheRange(std::string_view expr) {
  std::string text(expr);
  std::transform(text.begin(), text.end(), text.begin(), absl::ascii_tolower);
  for (const std::string_view word : {"start", "end", "range", "step", "limit", "sort"}) {
    if (text.find(word) != std::string::npos) {
      return true;
    }
  }
  return false;
}

EngineOptions Everything() {
  EngineOptions options;
  options.max_samples = 100'000;
  options.timeout_ms = 2'000;
  options.enable_experimental = true;
  options.enable_fill_modifiers = true;
  options.enable_extended_ranges = true;
  return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const tidemark::testing::MemoryQuerier store = MakeStore();
  static const tidemark::base::SystemClock clock;
  static const Engine engine(&store, &clock, Everything());
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto range = engine.Range(text, 0, kEndMs, kStepMs);
  for (int64_t t = 0; t <= kEndMs; t += 5 * kStepMs) {
    const auto instant = engine.Instant(text, t);
    if (range.ok() && instant.ok() && !DependsOnTheRange(text)) {
      const absl::Status same = SameAtStep(*range, t, *instant);
      TIDEMARK_CHECK(same.ok(), "{}: {}", text, same.ToString());
    }
  }
  return 0;
}
