// Any bytes as a remote-read request over a small store: refused cleanly, or answered with frames
// or a message of bounded size.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "query/remote_read/remote_read.h"
#include "tests/testing/memory_querier.h"

namespace {

constexpr size_t kMaxSamples = 1000;
// Of a sample or a label in any answer, and of what surrounds them.
constexpr size_t kMostBytes = 64 * kMaxSamples + 65'536;

tidemark::testing::MemoryQuerier MakeStore() {
  tidemark::testing::MemoryQuerier store;
  for (int i = 0; i < 3; ++i) {
    std::vector<tidemark::model::Sample> samples;
    for (int t = 0; t < 150; ++t) {
      samples.push_back({t * 15'000, t % 13 == 12 ? tidemark::model::StaleMarker() : t * i});
    }
    store.Add(tidemark::model::Labels::Of({{"__name__", "a"}, {"i", std::to_string(i)}}), samples);
  }
  return store;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const tidemark::testing::MemoryQuerier store = MakeStore();
  tidemark::query::RemoteReadOptions options;
  options.max_samples = kMaxSamples;
  const auto answer = tidemark::query::AnswerRemoteRead(
      store, std::string_view(reinterpret_cast<const char*>(data), size), options);
  if (answer.ok()) {
    TIDEMARK_CHECK(answer->body.size() <= kMostBytes + size, "{} bytes", answer->body.size());
  }
  return 0;
}
