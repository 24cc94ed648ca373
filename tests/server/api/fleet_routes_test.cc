#include "server/api/fleet_routes.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/http/http_server.h"
#include "tests/server/testing/http_client.h"

namespace tidemark::server {
namespace {

using ::testing::HasSubstr;
using testing::HttpClient;
using ::testing::Not;

constexpr int64_t kNowMs = 1'790'000'000'000;

// A fleet of two clusters, one of them failed.
class FakeFleet final : public FleetSource {
 public:
  FakeFleet() {
    Send("a", 2);
    Send("b/c", 0);
    fleet_.Evaluate(kNowMs);
  }
  std::shared_ptr<const fleet::FleetSnapshot> snapshot() const override {
    return fleet_.snapshot();
  }
  absl::Status Forget(std::string_view cluster) override { return fleet_.Forget(cluster).status(); }
  absl::Status ForgetTask(std::string_view cluster, std::string_view task) override {
    return fleet_.ForgetTask(cluster, task);
  }

 private:
  void Send(const std::string& cluster, double status) {
    const auto input = fleet_.Attach(model::Labels::Of({{"__name__", "tikv_log_backup_task_status"},
                                                        {"cluster", cluster},
                                                        {"instance", "tikv-0"},
                                                        {"task", "pitr"}}));
    fleet_.Apply(*input, {kNowMs, status}, kNowMs);
  }
  fleet::Fleet fleet_{{}};
};

class FleetRoutesTest : public ::testing::Test {
 protected:
  FleetRoutesTest() { slot_.SetReady(&backend_); }
  ~FleetRoutesTest() override { server_->Stop(0); }

  HttpClient& Client(bool admin = false) {
    RouteTable routes;
    AddFleetRoutes([this] { return &fleet_; }, admin, &slot_, &routes);
    HttpServerOptions options;
    options.listen_address = "127.0.0.1:0";
    server_ = HttpServer::Start(options, ResponsePolicy::Create(".*").value(), std::move(routes),
                                {&clock_, &logger_, &metrics_})
                  .value();
    client_ = std::make_unique<HttpClient>(server_->port());
    return *client_;
  }

  const base::SystemClock clock_;
  base::Logger logger_{stderr, base::LogLevel::kError};
  base::MetricsRegistry metrics_;
  FakeFleet fleet_;
  ApiBackend backend_;
  BackendSlot slot_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<HttpClient> client_;
};

TEST_F(FleetRoutesTest, ListsClustersTasksFindingsAndIncidents) {
  HttpClient& client = Client();
  EXPECT_THAT(client.Get("/api/v1/fleet/clusters").body, HasSubstr(R"("name":"b%2Fc")"));
  EXPECT_THAT(client.Get("/api/v1/fleet/tasks").body, HasSubstr(R"("state":"failed")"));
  EXPECT_THAT(client.Get("/api/v1/fleet/findings").body, HasSubstr(R"("finding":"task-failed")"));
  EXPECT_THAT(client.Get("/api/v1/fleet/incidents").body, HasSubstr(R"("data":[])"));
}

TEST_F(FleetRoutesTest, GivesOneClusterByNameOrLabels) {
  HttpClient& client = Client();
  EXPECT_THAT(client.Get("/api/v1/fleet/cluster?name=a").body, HasSubstr(R"("stores":[)"));
  EXPECT_EQ(client.Get("/api/v1/fleet/cluster?name=b%252Fc").status, 200);
  EXPECT_EQ(client.Get("/api/v1/fleet/cluster?name=%7Bcluster%3D%22b%2Fc%22%7D").status, 200);
  EXPECT_EQ(client.Get("/api/v1/fleet/cluster?name=z").status, 404);
  EXPECT_EQ(client.Get("/api/v1/fleet/cluster").status, 404);
}

TEST_F(FleetRoutesTest, FiltersFindings) {
  HttpClient& client = Client();
  EXPECT_THAT(client.Get("/api/v1/fleet/findings?cluster=z").body, HasSubstr(R"("data":[])"));
  EXPECT_THAT(client.Get("/api/v1/fleet/findings?finding=task-paused").body,
              HasSubstr(R"("data":[])"));
  EXPECT_EQ(client.Get("/api/v1/fleet/findings?finding=nonsense").status, 400);
  EXPECT_EQ(client.Get("/api/v1/fleet/findings?severity=nonsense").status, 400);
}

TEST_F(FleetRoutesTest, ForgetsOnlyForAdministrators) {
  constexpr char kForm[] = "Content-Type: application/x-www-form-urlencoded\r\n";
  EXPECT_EQ(Client().Post("/api/v1/admin/fleet/forget", "cluster=a", kForm).status, 403);
  server_->Stop(0);
  HttpClient& admin = Client(/*admin=*/true);
  EXPECT_EQ(admin.Post("/api/v1/admin/fleet/forget", "cluster=a&task=z", kForm).status, 404);
  EXPECT_EQ(admin.Post("/api/v1/admin/fleet/forget", "cluster=a&task=pitr", kForm).status, 204);
  EXPECT_EQ(admin.Post("/api/v1/admin/fleet/forget", "cluster=z", kForm).status, 404);
  EXPECT_EQ(admin.Post("/api/v1/admin/fleet/forget", "cluster=a", kForm).status, 204);
}

}  // namespace
}  // namespace tidemark::server
