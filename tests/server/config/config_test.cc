#include "server/config/config.h"

#include <fstream>
#include <iterator>

#include "base/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tidemark::server {
namespace {

using ::testing::ElementsAre;

TEST(ParseConfig, TakesAnEmptyFileAsTheDefaults) {
  EXPECT_EQ(*ParseConfig(""), Config());
  EXPECT_EQ(*ParseConfig("# only a comment\n"), Config());
  EXPECT_EQ(*ParseConfig("limits:\n"), Config());
}

TEST(ParseConfig, ReadsEveryKey) {
  const auto config = ParseConfig(
      "limits:\n"
      "  max_labels_per_series: 10\n"
      "  max_label_name_bytes: 11\n"
      "  max_label_value_bytes: 12\n"
      "  max_request_bytes: 4096\n"
      "  max_sample_future: 1h30m\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->limits.max_labels_per_series, 10u);
  EXPECT_EQ(config->limits.max_label_name_bytes, 11u);
  EXPECT_EQ(config->limits.max_label_value_bytes, 12u);
  EXPECT_EQ(config->limits.max_request_bytes, 4096u);
  EXPECT_EQ(config->limits.max_sample_future_ms, 5'400'000);
}

TEST(ParseConfig, ReadsHowLongSeriesAreKept) {
  const auto config = ParseConfig(
      "storage:\n"
      "  retention:\n"
      "    - match: '{cluster=\"x\"}'\n"
      "      keep: 30d\n"
      "    - match: up\n"
      "      keep: 0\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->retention,
              ElementsAre(RetentionOverride{"{cluster=\"x\"}", 30LL * 24 * 3'600'000},
                          RetentionOverride{"up", 0}));
  for (const char* wrong :
       {"storage: 1", "storage: {x: 1}", "storage: {retention: 1}", "storage: {retention: [1]}",
        "storage: {retention: [{match: up}]}", "storage: {retention: [{keep: 1d}]}",
        "storage: {retention: [{match: 'up{', keep: 1d}]}",
        "storage: {retention: [{match: up, keep: soon}]}",
        "storage: {retention: [{match: up, keep: 1d, x: 1}]}"}) {
    EXPECT_FALSE(ParseConfig(wrong).ok()) << wrong;
  }
}

TEST(ParseConfig, NamesTheLineOfAMistake) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"limits:\n  max_lables: 3\n", "line 2: unknown key limits.max_lables"},
      {"\nlimit:\n  a: 1\n", "line 2: unknown key limit"},
      {"limits:\n  max_request_bytes: many\n",
       "line 2: limits.max_request_bytes must be an integer"},
      {"limits:\n  max_request_bytes: 1.5\n",
       "line 2: limits.max_request_bytes must be an integer"},
      {"limits:\n  max_request_bytes: [1]\n",
       "line 2: limits.max_request_bytes must be an integer"},
      {"limits:\n\n  max_sample_future: 10\n",
       "line 3: limits.max_sample_future must be a duration like 10m"},
      {"limits:\n  max_labels_per_series: 0\n",
       "line 2: limits.max_labels_per_series must be between 1 and 10000"},
      {"limits: 7\n", "line 1: limits must be a mapping"},
      {"[1, 2]\n", "line 1: the configuration must be a mapping"},
      {"limits:\n  max_request_bytes: 4096\n  max_request_bytes: 4096\n",
       "line 3: key max_request_bytes occurs twice"},
  };
  for (const auto& [yaml, message] : cases) {
    const auto config = ParseConfig(yaml);
    ASSERT_FALSE(config.ok()) << yaml;
    EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(base::Message(config.status()), message) << yaml;
  }
}

TEST(ParseConfig, RefusesWhatIsNotYaml) {
  const auto config = ParseConfig("limits:\n  a: [1\n  b: }\n");
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.status().message().substr(0, 5), "line ");
}

TEST(Config, ReadsItsOwnTextBack) {
  Config config;
  config.limits.max_sample_future_ms = 0;
  config.limits.max_labels_per_series = 77;
  config.retention = {{"{a=\"it's\",b=~\"c\\\\d\"}", 3'600'000}, {"up", 0}};
  EXPECT_EQ(*ParseConfig(ToYaml(config)), config);
}

TEST(Config, TellsWhatDiffers) {
  Config after;
  after.limits.max_labels_per_series = 5;
  after.limits.max_sample_future_ms = 60'000;
  EXPECT_THAT(Differences(Config(), after), ElementsAre("limits.max_labels_per_series: 128 -> 5",
                                                        "limits.max_sample_future: 10m -> 1m"));
  EXPECT_TRUE(Differences(after, after).empty());
}

TEST(Config, ShippedFileSpellsOutTheDefaults) {
  std::ifstream file(TIDEMARK_SOURCE_DIR "/deploy/tidemark.yml");
  ASSERT_TRUE(file);
  const std::string yaml((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto config = ParseConfig(yaml);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(*config, Config());
}

}  // namespace
}  // namespace tidemark::server
