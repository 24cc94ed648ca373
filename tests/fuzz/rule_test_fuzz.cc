// Any bytes as a file of unit tests for rules. It is refused with a place in the file, or what it
// says can be read out: labels in canonical form, no more values than there may be.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "alert/unittest/unit_test_file.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "query/notation/series_notation.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto file = tidemark::alert::ParseUnitTestFile("f", text);
  if (!file.ok()) {
    TIDEMARK_CHECK(tidemark::base::Message(file.status()).starts_with("f:"), "{}",
                   tidemark::base::Message(file.status()));
    return 0;
  }
  for (const auto& test : file->tests) {
    for (const auto& input : test.input) {
      const auto labels = tidemark::query::ParseNotedLabels(input.series);
      if (labels.ok()) {
        TIDEMARK_CHECK(tidemark::model::IsCanonical(labels->bytes()), "{}", input.series);
      }
      const auto values = tidemark::query::ParseNotedValues(input.values);
      if (values.ok()) {
        TIDEMARK_CHECK(values->size() <= tidemark::query::kMaxNotedValues, "{}", input.values);
      }
    }
  }
  return 0;
}
