#include "server/grpc/grpc_server.h"

#include <string>

#include "base/status_macros.h"
#include "grpcpp/channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/support/byte_buffer.h"
#include "proto/tidemark/v1/alert.grpc.pb.h"
#include "proto/tidemark/v1/query.grpc.pb.h"
#include "tests/server/grpc/grpc_fixture.h"

namespace tidemark::server {
namespace {

using grpc::StatusCode;

// Bytes of messages whose generated classes the distribution does not have.
grpc::ByteBuffer BytesOf(const std::string& text) {
  const grpc::Slice slice(text);
  return {&slice, 1};
}
std::string TextOf(const grpc::ByteBuffer& bytes) {
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(bytes.Dump(&slices).ok());
  std::string text;
  for (const grpc::Slice& slice : slices) {
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return text;
}
// A string in field `number`.
std::string StringField(int number, const std::string& text) {
  return std::string(1, static_cast<char>(number << 3 | 2)) +
         std::string(1, static_cast<char>(text.size())) + text;
}

class GrpcServerTest : public testing::GrpcTest {
 protected:
  // Calls a method with one request and gives its first answer.
  std::string Call(const std::string& method, const std::string& request) {
    grpc::GenericStub stub(channel_);
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    const auto call = stub.PrepareCall(&context, method, &queue);
    void* tag = nullptr;
    bool ok = false;
    call->StartCall(nullptr);
    EXPECT_TRUE(queue.Next(&tag, &ok));
    call->Write(BytesOf(request), nullptr);
    EXPECT_TRUE(queue.Next(&tag, &ok));
    grpc::ByteBuffer answer;
    call->Read(&answer, nullptr);
    EXPECT_TRUE(queue.Next(&tag, &ok));
    EXPECT_TRUE(ok) << method;
    context.TryCancel();
    grpc::Status status;
    call->Finish(&status, nullptr);
    EXPECT_TRUE(queue.Next(&tag, &ok));
    return TextOf(answer);
  }

  std::string Health(const std::string& service) {
    return Call("/grpc.health.v1.Health/Check", StringField(1, service));
  }
};

const std::string kServing = "\x08\x01";
const std::string kNotServing = "\x08\x02";

TEST_F(GrpcServerTest, TellsItsHealthWithReadiness) {
  Start({}, /*ready=*/false);
  EXPECT_EQ(Health(""), kNotServing);
  EXPECT_EQ(Health("tidemark.v1.AlertService"), kNotServing);
  SetReady();
  EXPECT_EQ(Health(""), kServing);
  EXPECT_EQ(Health("tidemark.v1.AlertService"), kServing);
}

TEST_F(GrpcServerTest, ListsItsServicesByReflection) {
  Start();
  const std::string services =
      Call("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", StringField(7, ""));
  for (const char* service : {"tidemark.v1.QueryService", "tidemark.v1.FleetService",
                              "tidemark.v1.AlertService", "grpc.health.v1.Health"}) {
    EXPECT_NE(services.find(service), std::string::npos) << service;
  }
  const std::string file = Call("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                                StringField(4, "tidemark.v1.AlertService"));
  EXPECT_NE(file.find("WatchAlerts"), std::string::npos);
}

TEST_F(GrpcServerTest, RefusesARequestThatIsTooLarge) {
  Start({.max_request_bytes = 1000});
  v1::QueryRequest request;
  request.set_query(std::string(2000, '1'));
  v1::QueryResponse response;
  grpc::ClientContext context;
  EXPECT_EQ(Client<v1::QueryService>()->Query(&context, request, &response).error_code(),
            StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(GrpcServerTest, RefusesMoreRpcsThanMayBeOpen) {
  Start({.max_rpcs = 1});
  alerts_.SetActive({testing::LagAlert("a", alert::AlertState::kFiring)});
  const auto client = Client<v1::AlertService>();
  grpc::ClientContext first;
  const auto watching = client->WatchAlerts(&first, {});
  v1::AlertTransition transition;
  ASSERT_TRUE(watching->Read(&transition));
  {
    grpc::ClientContext second;
    v1::ListAlertsResponse response;
    EXPECT_EQ(client->ListAlerts(&second, {}, &response).error_code(),
              StatusCode::RESOURCE_EXHAUSTED);
  }
  {
    grpc::ClientContext third;
    const auto refused = client->WatchAlerts(&third, {});
    EXPECT_FALSE(refused->Read(&transition));
    EXPECT_EQ(refused->Finish().error_code(), StatusCode::RESOURCE_EXHAUSTED);
  }
  first.TryCancel();
  watching->Finish();
  ASSERT_TRUE(WaitEnded("AlertService/WatchAlerts", "CANCELLED"));
  grpc::ClientContext fourth;
  v1::ListAlertsResponse response;
  EXPECT_TRUE(client->ListAlerts(&fourth, {}, &response).ok());
}

TEST_F(GrpcServerTest, CancelsWhatIsUnderWayWhenItsGraceIsOver) {
  Start();
  v1::QueryRequest request;
  request.set_query("endless");
  v1::QueryResponse response;
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const auto client = Client<v1::QueryService>();
  const auto call = client->AsyncQuery(&context, request, &queue);
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  ASSERT_TRUE(tidemark::testing::WaitUntil([&] { return Open("QueryService/Query") == 1; },
                                           testing::kPatienceMs));
  server_->Stop(0);
  void* tag = nullptr;
  bool ok = false;
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(Open("QueryService/Query"), 0);
}

TEST_F(GrpcServerTest, DoesNotShareItsPortWithAnotherServer) {
  Start();
  GrpcServerDeps deps;
  deps.clock = &clock_;
  deps.metrics = &metrics_;
  deps.fleet = [this] { return &fleet_; };
  const auto second = GrpcServer::Start({.listen_address = server_->address()}, deps);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(base::Message(second.status()).find(server_->address()), std::string_view::npos);
  EXPECT_EQ(GrpcServer::Start({.listen_address = "127.0.0.1"}, deps).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tidemark::server
