#include "tools/fleetsim/page_server.h"

#include <charconv>

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include "tests/testing/http_client.h"

namespace tidemark::fleetsim {
namespace {

constexpr int64_t kStart = 1'780'000'000'000;

// A served fleet and a client of it.
struct Served {
  explicit Served(FleetOptions fleet, PageServerOptions options = {})
      : model(std::move(fleet)),
        server(
            &model, [] { return kStart; }, std::move(options)) {
    address = server.Start().value();
    uint16_t port = 0;
    std::from_chars(address.data() + address.rfind(':') + 1, address.data() + address.size(), port);
    client = std::make_unique<testing::HttpClient>(port);
  }
  ~Served() { server.Stop(); }

  FleetModel model;
  PageServer server;
  std::string address;
  std::unique_ptr<testing::HttpClient> client;
};

TEST(PageServer, ServesThePageOfEveryInstance) {
  Served served({.clusters = 2});
  for (const Instance& instance : served.model.instances()) {
    const testing::HttpResponse page = served.client->Get(instance.path).value();
    std::string expected;
    MetricsPage(&served.model).Render(instance, kStart, &expected);
    EXPECT_EQ(page.status, 200) << instance.path;
    EXPECT_EQ(page.Header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_EQ(page.body, expected) << instance.path;
  }
}

TEST(PageServer, ProcessThatIsDownAnswers503AndUnknownPaths404) {
  Served served(
      {.clusters = 1, .incidents = {{.kind = Incident::Kind::kRestart, .at_ms = kStart}}});
  EXPECT_EQ(served.client->Get("/c0/tikv-0/metrics")->status, 503);
  EXPECT_EQ(served.client->Get("/c0/tikv-9/metrics")->status, 404);
  EXPECT_EQ(served.client->Get("/c0/pd-0/metrics")->status, 200);
}

TEST(PageServer, DiscoversTheFleetAndEachCluster) {
  Served served({.clusters = 2});
  for (const auto& [path, targets] : {std::pair("/targets", 12u), std::pair("/c1/targets", 6u)}) {
    const testing::HttpResponse response = served.client->Get(path).value();
    EXPECT_EQ(response.Header("Content-Type"), "application/json");
    rapidjson::Document json;
    json.Parse(response.body.c_str());
    ASSERT_TRUE(json.IsArray());
    ASSERT_EQ(json.Size(), targets);
    for (const auto& target : json.GetArray()) {
      EXPECT_EQ(target["targets"][0].GetString(), served.address);
      const std::string page = target["labels"]["__metrics_path__"].GetString();
      EXPECT_EQ(served.client->Get(page)->status, 200) << page;
      EXPECT_TRUE(target["labels"].HasMember("cluster"));
    }
  }
}

TEST(PageServer, ConfigurationNamesItsTargetsAndWhereToWrite) {
  Served served({.clusters = 1}, {.remote_write_url = "http://store/api/v1/write"});
  const std::string yml = served.client->Get("/prometheus.yml")->body;
  EXPECT_NE(yml.find("url: http://" + served.address + "/targets\n"), std::string::npos);
  EXPECT_NE(yml.find("remote_write:\n  - url: http://store/api/v1/write\n"), std::string::npos);
  const std::string one = served.client->Get("/c0/prometheus.yml")->body;
  EXPECT_NE(one.find("/c0/targets\n"), std::string::npos);
}

TEST(PageServer, SaysWhyItCannotListen) {
  Served served({.clusters = 1});
  PageServer second(&served.model, [] { return kStart; }, {.listen_address = served.address});
  EXPECT_FALSE(second.Start().ok());
}

}  // namespace
}  // namespace tidemark::fleetsim
