// The keep-list that docs/fleet.md gives to senders.
#include <fstream>
#include <regex>
#include <string>

#include "fleet/task/signal.h"
#include "gtest/gtest.h"

namespace tidemark::fleet {
namespace {

// The first `regex:` of the guide.
std::string KeepList() {
  std::ifstream page(TIDEMARK_FLEET_GUIDE);
  const std::string key = "regex: ";
  for (std::string line; std::getline(page, line);) {
    if (const size_t at = line.find(key); at != std::string::npos) {
      return line.substr(at + key.size());
    }
  }
  return {};
}

TEST(KeepList, LetsThroughEverythingTheDiagnosisLooksAt) {
  const std::string text = KeepList();
  ASSERT_FALSE(text.empty());
  const std::regex keep(text);
  for (const std::string_view metric : SignalMetrics()) {
    EXPECT_TRUE(std::regex_match(std::string(metric), keep)) << metric;
  }
}

}  // namespace
}  // namespace tidemark::fleet
