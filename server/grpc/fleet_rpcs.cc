#include "server/grpc/fleet_rpcs.h"

#include <string>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "proto/tidemark/v1/fleet.grpc.pb.h"
#include "server/grpc/fleet_messages.h"
#include "server/grpc/message_text.h"
#include "server/grpc/page.h"

namespace tidemark::server {
namespace {

using fleet::ClusterReport;
using Snapshot = std::shared_ptr<const fleet::FleetSnapshot>;

// Parts of a key of a list; lower parts come first.
std::string KeyOf(std::initializer_list<std::string_view> parts) {
  std::string key;
  for (const std::string_view part : parts) {
    key += Utf8Text(part);
    key += '\0';
  }
  return key;
}

// Two clusters of one name differ in their labels.
std::string KeyOf(const ClusterReport& cluster) {
  return KeyOf({cluster.identity.name, cluster.identity.labels.ToString()});
}

// The gravest first.
std::string KeyOf(const std::string& cluster_key, const fleet::Finding& finding) {
  const auto below_critical = static_cast<char>('0' + static_cast<int>(fleet::Severity::kCritical) -
                                                static_cast<int>(finding.severity));
  return std::string(1, below_critical) + cluster_key +
         KeyOf({fleet::InfoOf(finding.kind).name, finding.task,
                finding.instances.empty() ? std::string_view() : finding.instances.front()});
}

struct TaskPlace {
  const ClusterReport* cluster;
  const fleet::TaskReport* task;
};

struct FindingPlace {
  std::string_view cluster;
  const fleet::Finding* finding;
};

bool IsListed(const v1::Cluster& cluster, const FleetSelection& selection) {
  return !selection.IsOfParts() || cluster.tasks_size() > 0 || cluster.findings_size() > 0;
}

absl::Status ListClusters(const fleet::FleetSnapshot& fleet, const v1::ListClustersRequest& request,
                          v1::ListClustersResponse* response) {
  ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size()));
  const FleetSelection selection(request.filter());
  std::vector<Placed<const ClusterReport*>> list;
  for (const auto& cluster : fleet.clusters) {
    if (selection.HasCluster(cluster->identity.name) &&
        IsListed(WholeClusterMessage(*cluster, selection), selection)) {
      list.push_back({KeyOf(*cluster), cluster.get()});
    }
  }
  response->set_next_page_token(
      FillPage(std::move(list), request.page_token(), page_size, [&](const ClusterReport* cluster) {
        *response->add_clusters() = WholeClusterMessage(*cluster, selection);
        return response->clusters(response->clusters_size() - 1).ByteSizeLong();
      }));
  return absl::OkStatus();
}

absl::Status GetCluster(const fleet::FleetSnapshot& fleet, const v1::GetClusterRequest& request,
                        v1::Cluster* response) {
  const auto cluster = fleet.Find(request.name());
  if (cluster == nullptr) {
    return absl::NotFoundError(fmt::format("no cluster \"{}\" is known", request.name()));
  }
  *response = WholeClusterMessage(*cluster, FleetSelection(v1::FleetFilter()));
  return absl::OkStatus();
}

absl::Status ListTasks(const fleet::FleetSnapshot& fleet, const v1::ListTasksRequest& request,
                       v1::ListTasksResponse* response) {
  ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size()));
  const FleetSelection selection(request.filter());
  std::vector<Placed<TaskPlace>> list;
  for (const auto& cluster : fleet.clusters) {
    if (!selection.HasCluster(cluster->identity.name)) {
      continue;
    }
    for (const fleet::TaskReport& task : cluster->tasks) {
      const fleet::Finding* const worst = cluster->WorstOf(task.task);
      if (selection.HasState(task.state) &&
          (!selection.IsOfSeverity() ||
           (worst != nullptr && selection.HasSeverity(worst->severity)))) {
        list.push_back({KeyOf(*cluster) + KeyOf({task.task}), {cluster.get(), &task}});
      }
    }
  }
  response->set_next_page_token(
      FillPage(std::move(list), request.page_token(), page_size, [&](const TaskPlace& place) {
        *response->add_tasks() = TaskMessage(*place.cluster, *place.task);
        return response->tasks(response->tasks_size() - 1).ByteSizeLong();
      }));
  return absl::OkStatus();
}

std::vector<Placed<FindingPlace>> FindingsOf(const fleet::FleetSnapshot& fleet,
                                             const FleetSelection& selection) {
  std::vector<Placed<FindingPlace>> list;
  const auto add = [&](const std::string& name, const std::string& key,
                       const fleet::Finding& finding) {
    if (selection.HasCluster(name) && selection.HasSeverity(finding.severity)) {
      list.push_back({KeyOf(key, finding), {name, &finding}});
    }
  };
  for (const auto& cluster : fleet.clusters) {
    for (const fleet::Finding& finding : cluster->findings) {
      add(cluster->identity.name, KeyOf(*cluster), finding);
    }
  }
  for (const fleet::MissingCluster& missing : fleet.missing) {
    add(missing.name, KeyOf({missing.name, ""}), missing.finding);
  }
  return list;
}

absl::Status ListFindings(const fleet::FleetSnapshot& fleet, const v1::ListFindingsRequest& request,
                          v1::ListFindingsResponse* response) {
  ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size()));
  response->set_next_page_token(
      FillPage(FindingsOf(fleet, FleetSelection(request.filter())), request.page_token(), page_size,
               [&](const FindingPlace& place) {
                 *response->add_findings() = FindingMessage(place.cluster, *place.finding);
                 return response->findings(response->findings_size() - 1).ByteSizeLong();
               }));
  return absl::OkStatus();
}

std::string HowToResume(const v1::FleetChange*) {
  return "the reader is too slow, and changes were dropped; watch again: the new stream begins "
         "with "
         "the fleet as it is then";
}

class FleetRpcs final : public v1::FleetService::CallbackService {
 public:
  FleetRpcs(const ServiceParts& parts, std::function<FleetSource*()> source, FleetFeed* feed)
      : parts_(parts), source_(std::move(source)), feed_(feed) {}

 private:
  grpc::ServerUnaryReactor* ListClusters(grpc::CallbackServerContext* context,
                                         const v1::ListClustersRequest* request,
                                         v1::ListClustersResponse* response) override {
    return Look(RpcMethod::kListClusters, context, server::ListClusters, request, response);
  }
  grpc::ServerUnaryReactor* GetCluster(grpc::CallbackServerContext* context,
                                       const v1::GetClusterRequest* request,
                                       v1::Cluster* response) override {
    return Look(RpcMethod::kGetCluster, context, server::GetCluster, request, response);
  }
  grpc::ServerUnaryReactor* ListTasks(grpc::CallbackServerContext* context,
                                      const v1::ListTasksRequest* request,
                                      v1::ListTasksResponse* response) override {
    return Look(RpcMethod::kListTasks, context, server::ListTasks, request, response);
  }
  grpc::ServerUnaryReactor* ListFindings(grpc::CallbackServerContext* context,
                                         const v1::ListFindingsRequest* request,
                                         v1::ListFindingsResponse* response) override {
    return Look(RpcMethod::kListFindings, context, server::ListFindings, request, response);
  }

  grpc::ServerWriteReactor<v1::FleetChange>* WatchFleet(
      grpc::CallbackServerContext* context, const v1::WatchFleetRequest* request) override {
    auto rpc = parts_.lookups.metrics->Begin(RpcMethod::kWatchFleet);
    if (!rpc.has_value()) {
      return new RefusedStream<v1::FleetChange>(TooManyRpcs());
    }
    auto stream = FleetFeed::Stream::Create(
        {parts_.lookups.stalls, parts_.max_waiting, HowToResume}, context, *std::move(rpc),
        [feed = feed_](FleetFeed::Stream* gone) { feed->Forget(gone); });
    const absl::Status watched = parts_.slot->Get() == nullptr
                                     ? NotReadyStatus(*parts_.slot)
                                     : feed_->Watch(stream, FleetSelection(request->filter()));
    if (!watched.ok()) {
      stream->End(ToRpcStatus(watched));
    }
    return stream.get();
  }

  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* Look(RpcMethod method, grpc::CallbackServerContext* context,
                                 absl::Status (*answer)(const fleet::FleetSnapshot&, const Request&,
                                                        Response*),
                                 const Request* request, Response* response) {
    return UnaryCall::Run(parts_.lookups, method, context,
                          [=, this](const CancelFlag&) -> absl::Status {
                            if (parts_.slot->Get() == nullptr) {
                              return NotReadyStatus(*parts_.slot);
                            }
                            return answer(*source_()->snapshot(), *request, response);
                          });
  }

  const ServiceParts parts_;
  const std::function<FleetSource*()> source_;
  FleetFeed* const feed_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewFleetRpcs(const ServiceParts& parts,
                                            std::function<FleetSource*()> source, FleetFeed* feed) {
  return std::make_unique<FleetRpcs>(parts, std::move(source), feed);
}

}  // namespace tidemark::server
