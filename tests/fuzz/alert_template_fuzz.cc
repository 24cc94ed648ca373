// Any bytes as the template of an annotation. They are refused cleanly, or expand in bounded work
// to a text of bounded length or to an error.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "alert/template/template.h"
#include "base/check.h"

namespace {

using tidemark::alert::TemplateData;
using tidemark::alert::TemplateSample;
using tidemark::model::Labels;

constexpr size_t kLongestText = (1 << 20) + 4096;  // an error also names the place

class TwoSamples final : public tidemark::alert::TemplateQuery {
 public:
  absl::StatusOr<std::vector<TemplateSample>> Query(std::string_view expr,
                                                    tidemark::model::Timestamp) override {
    if (expr.size() > 16) {
      return absl::InvalidArgumentError("too long");
    }
    return std::vector<TemplateSample>{{Labels::Of({{"x", "b"}, {"__value__", "v"}}), 2},
                                       {Labels::Of({{"x", "a"}}), -0.5}};
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = tidemark::alert::Template::Parse("A", text);
  if (!parsed.ok()) {
    return 0;
  }
  TwoSamples query;
  const TemplateData alert = {Labels::Of({{"instance", "db-1.example.org:9090"}, {"x", "1.5"}}),
                              Labels::Of({{"cluster", "c"}}), "http://h:1/p", 1234.5};
  const std::string expanded = parsed->ExpandOrExplain(alert, &query, 1'700'000'000'000);
  TIDEMARK_CHECK(expanded.size() <= kLongestText + size, "{} bytes", expanded.size());
  return 0;
}
