#include "tools/fleetsim/metrics_page.h"

#include <regex>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

namespace tidemark::fleetsim {
namespace {

constexpr int64_t kStart = 1'780'000'000'000;

TEST(MetricsPage, EveryLineFollowsTheTextFormat) {
  const FleetModel model({.seed = 2, .clusters = 1});
  const MetricsPage page(&model);
  const std::regex heading("# (HELP [a-z_]+ .+|TYPE [a-z_]+ (counter|gauge|histogram))");
  const std::regex sample(
      "[a-z_]+(\\{[a-z]+=\"[^\"\\\\]+\"(,[a-z]+=\"[^\"\\\\]+\")*\\})? [0-9][0-9.e+-]*");
  for (const Instance& instance : model.instances()) {
    std::string text;
    ASSERT_TRUE(page.Render(instance, kStart, &text)) << instance.path;
    std::istringstream lines(text);
    size_t samples = 0;
    for (std::string line; std::getline(lines, line);) {
      const bool comment = line.starts_with('#');
      EXPECT_TRUE(std::regex_match(line, comment ? heading : sample)) << line;
      samples += comment ? 0 : 1;
    }
    EXPECT_EQ(samples, model.CountSeries(instance, kStart));
  }
}

TEST(MetricsPage, NoSeriesAppearsTwiceAndEveryFamilyIsHeadedOnce) {
  const FleetModel model({.seed = 2, .clusters = 1});
  const MetricsPage page(&model);
  for (const Instance& instance : model.instances()) {
    std::string text;
    ASSERT_TRUE(page.Render(instance, kStart, &text));
    std::istringstream lines(text);
    std::set<std::string> seen;
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("# HELP")) {
        EXPECT_TRUE(seen.insert(line.substr(0, line.rfind(' '))).second) << line;
      }
    }
  }
}

TEST(MetricsPage, SpellsNumbersAsTheExporterDoes) {
  const FleetModel model({.seed = 2, .clusters = 1});
  const MetricsPage page(&model);
  std::string tikv;
  std::string tidb;
  for (const Instance& instance : model.instances()) {
    page.Render(instance, kStart, instance.role == Role::kTikv ? &tikv : &tidb);
  }
  EXPECT_NE(tikv.find("flush_file_size_bucket{le=\"33554432\"} "), std::string::npos);
  EXPECT_NE(tikv.find("save_files\",le=\"1\"} "), std::string::npos);
  EXPECT_EQ(tikv.find("e+"), std::string::npos);
  EXPECT_TRUE(
      std::regex_search(tidb, std::regex("last_checkpoint\\{task=\"pitr\"\\} 4\\.[0-9]+e\\+17")));
}

TEST(MetricsPage, ProcessThatIsDownHasNoPage) {
  const FleetModel model({.clusters = 1,
                          .incidents = {{.kind = Incident::Kind::kRestart, .at_ms = kStart},
                                        {.kind = Incident::Kind::kStop, .at_ms = kStart}}});
  const MetricsPage page(&model);
  std::string text;
  for (const Instance& instance : model.instances()) {
    EXPECT_FALSE(page.Render(instance, kStart, &text)) << instance.path;
  }
  EXPECT_TRUE(text.empty());
}

}  // namespace
}  // namespace tidemark::fleetsim
