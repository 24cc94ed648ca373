#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/api_server.h"
#include "tests/server/testing/http_client.h"

namespace tidemark::server {
namespace {

using testing::ApiServer;
using testing::ApiServerOptions;
using testing::ClientResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::HttpClient;
using ::testing::IsEmpty;

class AdminRoutesTest : public ::testing::Test {
 protected:
  void Start(bool enabled) {
    ApiServerOptions options;
    options.admin = enabled;
    server_ = std::make_unique<ApiServer>(options);
    server_->SetReady();
    client_ = std::make_unique<HttpClient>(server_->port());
  }
  ClientResponse Post(const std::string& what, std::string_view form = "") {
    return client_->Post("/api/v1/admin/tsdb/" + what, form,
                         "Content-Type: application/x-www-form-urlencoded\r\n");
  }

  std::unique_ptr<ApiServer> server_;
  std::unique_ptr<HttpClient> client_;
};

TEST_F(AdminRoutesTest, DoesWhatItIsAskedAndAnswers204) {
  Start(true);
  EXPECT_EQ(Post("delete_series", "match[]=up&match[]={a=\"b\",c=\"d\"}&start=1&end=2.5").status,
            204);
  EXPECT_EQ(Post("delete_series?match[]=up&end=2").status, 204);
  EXPECT_EQ(Post("clean_tombstones").status, 204);
  EXPECT_EQ(Post("flush").status, 204);
  EXPECT_THAT(server_->admin_calls,
              ElementsAre("delete 1000..2500 1 matchers 2 matchers",
                          fmt::format("delete {}..2000 1 matchers", model::kMinTimestamp), "clean",
                          "flush"));
}

TEST_F(AdminRoutesTest, NamesTheSnapshotThatItMade) {
  Start(true);
  const ClientResponse response = Post("snapshot");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"status":"success","data":{"name":"20231114T221320Z-1"}})");
  server_->admin_result = absl::ResourceExhaustedError("no space left on the device");
  EXPECT_EQ(Post("snapshot").status, 500);
}

TEST_F(AdminRoutesTest, RefusesWhatIsNotEnabled) {
  Start(false);
  for (const char* what : {"delete_series?match[]=up", "clean_tombstones", "flush", "snapshot"}) {
    const ClientResponse response = Post(what);
    EXPECT_EQ(response.status, 403) << what;
    EXPECT_THAT(response.body, HasSubstr("--web.enable-admin-api"));
  }
  EXPECT_THAT(server_->admin_calls, IsEmpty());
}

TEST_F(AdminRoutesTest, NamesTheWrongParameter) {
  Start(true);
  const std::pair<const char*, const char*> cases[] = {
      {"", "no match[] parameter provided"},
      {"match[]=up{", "invalid parameter \\\"match[]\\\""},
      {"match[]={}", "must contain at least one non-empty matcher"},
      {"match[]=up&start=soon", "invalid parameter \\\"start\\\""},
      {"match[]=up&start=2&end=1", "end timestamp must not be before start timestamp"}};
  for (const auto& [form, message] : cases) {
    const ClientResponse response = Post("delete_series", form);
    EXPECT_EQ(response.status, 400) << form;
    EXPECT_THAT(response.body, HasSubstr(message)) << form;
  }
  EXPECT_THAT(server_->admin_calls, IsEmpty());
}

TEST_F(AdminRoutesTest, TellsWhyItFailed) {
  Start(true);
  server_->admin_result = absl::ResourceExhaustedError("no space left on the device");
  const ClientResponse response = Post("flush");
  EXPECT_EQ(response.status, 500);
  EXPECT_THAT(response.body, HasSubstr("no space left"));
}

}  // namespace
}  // namespace tidemark::server
