#include "server/config/config_store.h"

#include <fstream>

#include "gtest/gtest.h"
#include "tests/testing/temp_dir.h"

namespace tidemark::server {
namespace {

class ConfigStoreTest : public ::testing::Test {
 protected:
  void Write(std::string_view yaml) { std::ofstream(path_) << yaml; }
  absl::StatusOr<std::unique_ptr<ConfigStore>> Open() {
    return ConfigStore::Open(path_, {&clock_, &logger_, &metrics_});
  }
  double Metric(std::string_view name) {
    const std::string text = metrics_.Expose();
    const size_t at = text.find(fmt::format("\n{} ", name));
    return std::stod(text.substr(at + name.size() + 2));
  }

  tidemark::testing::TempDir dir_;
  const std::string path_ = dir_.File("tidemark.yml");
  base::SystemClock clock_;
  base::Logger logger_{stderr, base::LogLevel::kError};
  base::MetricsRegistry metrics_;
};

TEST_F(ConfigStoreTest, HasTheDefaultsWithoutAFile) {
  const auto store = ConfigStore::Open("", {&clock_, &logger_, &metrics_});
  ASSERT_TRUE(store.ok());
  EXPECT_EQ((*store)->config(), Config());
  EXPECT_TRUE((*store)->Reload().ok());
}

TEST_F(ConfigStoreTest, DoesNotOpenAMissingOrWrongFile) {
  EXPECT_EQ(Open().status().message(), "open " + path_ + ": No such file or directory");
  Write("nonsense: 1\n");
  EXPECT_EQ(Open().status().message(), path_ + ": line 1: unknown key nonsense");
}

TEST_F(ConfigStoreTest, HasTheListenerPutEachReadingIntoForce) {
  Write("limits: {max_labels_per_series: 10}\n");
  const auto store = *Open();
  std::vector<size_t> told;
  store->SetListener([&told](const Config& c) {
    told.push_back(c.limits.max_labels_per_series);
    return absl::OkStatus();
  });
  ASSERT_TRUE(store->Reload().ok());  // files that the configuration names may have changed
  Write("limits: {max_labels_per_series: 20}\n");
  ASSERT_TRUE(store->Reload().ok());
  EXPECT_EQ(told, (std::vector<size_t>{10, 20}));
  EXPECT_EQ(store->config().limits.max_labels_per_series, 20u);
}

TEST_F(ConfigStoreTest, KeepsTheOldConfigurationWhenTheListenerRefusesTheNewOne) {
  Write("limits: {max_labels_per_series: 10}\n");
  const auto store = *Open();
  store->SetListener(
      [](const Config&) { return absl::InvalidArgumentError("rules.yml:3:5: unknown key"); });
  Write("limits: {max_labels_per_series: 20}\n");
  EXPECT_EQ(store->Reload().message(), "rules.yml:3:5: unknown key");
  EXPECT_EQ(store->config().limits.max_labels_per_series, 10u);
  EXPECT_EQ(Metric("tidemark_config_last_reload_successful"), 0);
  EXPECT_FALSE(store->last_reload().ok);
}

TEST_F(ConfigStoreTest, FindsFilesBesideTheConfiguration) {
  Write(
      "rule_files: [rules/*.yml, /etc/rules.yml]\n"
      "alerting: {alertmanagers: [{static_configs: [{targets: [am:9093]}], "
      "basic_auth: {username: u, password_file: secret}}]}\n");
  const auto store = Open();
  ASSERT_TRUE(store.ok()) << store.status();
  const Config config = (*store)->config();
  EXPECT_EQ(config.rules.files,
            (std::vector<std::string>{dir_.File("rules/*.yml"), "/etc/rules.yml"}));
  EXPECT_EQ(config.alerting.alertmanagers[0].http.password_file, dir_.File("secret"));
}

TEST_F(ConfigStoreTest, KeepsTheOldConfigurationWhenTheNewOneIsWrong) {
  Write("limits: {max_labels_per_series: 10}\n");
  const auto store = *Open();
  EXPECT_EQ(Metric("tidemark_config_last_reload_successful"), 1);
  const int64_t loaded_at = store->last_reload().at_ms;

  Write("limits: {max_labels_per_series: none}\n");
  EXPECT_EQ(store->Reload().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(store->config().limits.max_labels_per_series, 10u);
  EXPECT_FALSE(store->last_reload().ok);
  EXPECT_EQ(store->last_reload().at_ms, loaded_at);
  EXPECT_EQ(Metric("tidemark_config_last_reload_successful"), 0);

  Write("limits: {max_labels_per_series: 30}\n");
  EXPECT_TRUE(store->Reload().ok());
  EXPECT_TRUE(store->last_reload().ok);
  EXPECT_EQ(Metric("tidemark_config_last_reload_successful"), 1);
}

}  // namespace
}  // namespace tidemark::server
