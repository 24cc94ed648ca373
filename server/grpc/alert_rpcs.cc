#include "server/grpc/alert_rpcs.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "proto/tidemark/v1/alert.grpc.pb.h"
#include "server/grpc/alert_messages.h"

namespace tidemark::server {
namespace {

// Transitions that one AlertHistory may hold in memory.
constexpr size_t kMaxTransitions = 100'000;

std::string HowToResume(const v1::AlertTransition* last) {
  const std::string_view again =
      "the reader is too slow, and transitions were dropped; watch again: the new stream begins "
      "with the alerts that are active then";
  return last == nullptr ? std::string(again)
                         : fmt::format("{}; AlertHistory from start_ms = {} has what was missed",
                                       again, last->decided_at_ms());
}

absl::StatusOr<alert::HistoryQuery> HistoryQueryOf(const v1::AlertHistoryRequest& request,
                                                   const AlertSelection& selection) {
  alert::HistoryQuery query;
  query.min_time = request.start_ms();
  query.max_time = request.end_ms() == 0 ? model::kMaxTimestamp : request.end_ms();
  if (query.max_time < query.min_time) {
    return absl::InvalidArgumentError("end_ms must not be before start_ms");
  }
  query.rules.assign(selection.rules().begin(), selection.rules().end());
  if (!selection.matchers().empty()) {
    query.selectors = {selection.matchers()};
  }
  query.limit = kMaxTransitions;
  return query;
}

// Gives the transitions from the last, which is the oldest, to the first.
class OldestFirst {
 public:
  explicit OldestFirst(std::vector<alert::AlertRecord> newest_first)
      : left_(std::move(newest_first)) {}

  bool operator()(v1::AlertTransition* message) {
    if (left_.empty()) {
      return false;
    }
    *message = TransitionMessage(left_.back());
    left_.pop_back();
    return true;
  }

 private:
  std::vector<alert::AlertRecord> left_;
};

class AlertRpcs final : public v1::AlertService::CallbackService {
 public:
  AlertRpcs(const ServiceParts& parts, const RuleSource* source, AlertFeed* feed)
      : parts_(parts), source_(source), feed_(feed) {}

 private:
  using Context = grpc::CallbackServerContext;
  using HistoryStream = ListStream<v1::AlertTransition>;

  grpc::ServerUnaryReactor* ListAlerts(Context* context, const v1::ListAlertsRequest* request,
                                       v1::ListAlertsResponse* response) override {
    return UnaryCall::Run(parts_.lookups, RpcMethod::kListAlerts, context,
                          [=, this](const CancelFlag&) { return List(*request, response); });
  }

  grpc::ServerWriteReactor<v1::AlertTransition>* AlertHistory(
      Context* context, const v1::AlertHistoryRequest* request) override {
    return HistoryStream::Run(parts_.lookups, RpcMethod::kAlertHistory, context,
                              [=, this](const CancelFlag&) { return History(*request); });
  }

  grpc::ServerWriteReactor<v1::AlertTransition>* WatchAlerts(
      Context* context, const v1::WatchAlertsRequest* request) override {
    auto rpc = parts_.lookups.metrics->Begin(RpcMethod::kWatchAlerts);
    if (!rpc.has_value()) {
      return new RefusedStream<v1::AlertTransition>(TooManyRpcs());
    }
    auto stream = AlertFeed::Stream::Create(
        {parts_.lookups.stalls, parts_.max_waiting, HowToResume}, context, *std::move(rpc),
        [feed = feed_](AlertFeed::Stream* gone) { feed->Forget(gone); });
    // On a worker, as the state of alerts may have to be waited for.
    parts_.lookups.pool->Submit([this, stream, filter = request->filter()] {
      if (const absl::Status watched = Watch(stream, filter); !watched.ok()) {
        stream->End(ToRpcStatus(watched));
      }
    });
    return stream.get();
  }

  absl::Status List(const v1::ListAlertsRequest& request, v1::ListAlertsResponse* response) const {
    RETURN_IF_ERROR(CheckReady());
    ASSIGN_OR_RETURN(const AlertSelection selection, AlertSelection::Create(request.filter()));
    for (v1::Alert& alert : ActiveAlerts(source_->status(), selection)) {
      *response->add_alerts() = std::move(alert);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<HistoryStream::Next> History(const v1::AlertHistoryRequest& request) const {
    RETURN_IF_ERROR(CheckReady());
    ASSIGN_OR_RETURN(const AlertSelection selection, AlertSelection::Create(request.filter()));
    ASSIGN_OR_RETURN(const alert::HistoryQuery query, HistoryQueryOf(request, selection));
    ASSIGN_OR_RETURN(alert::HistoryAnswer answer, source_->history(query));
    if (answer.truncated) {
      return absl::ResourceExhaustedError(fmt::format(
          "more than {} transitions; ask for a shorter time or fewer rules", kMaxTransitions));
    }
    std::erase_if(answer.transitions,
                  [&](const alert::AlertRecord& record) { return !selection.HasChange(record); });
    return HistoryStream::Next(OldestFirst(std::move(answer.transitions)));
  }

  // The stream is added before the state is asked for: see AlertFeed.
  absl::Status Watch(const std::shared_ptr<AlertFeed::Stream>& stream,
                     const v1::AlertFilter& filter) const {
    RETURN_IF_ERROR(CheckReady());
    ASSIGN_OR_RETURN(const AlertSelection selection, AlertSelection::Create(filter));
    RETURN_IF_ERROR(feed_->Add(stream, selection));
    auto active =
        std::make_shared<std::vector<v1::Alert>>(ActiveAlerts(source_->status(), selection));
    std::reverse(active->begin(), active->end());
    stream->Begin([active]() -> AlertFeed::Stream::Shared {
      if (active->empty()) {
        return nullptr;
      }
      auto message =
          std::make_shared<const v1::AlertTransition>(InitialTransition(std::move(active->back())));
      active->pop_back();
      return message;
    });
    return absl::OkStatus();
  }

  absl::Status CheckReady() const {
    return parts_.slot->Get() == nullptr ? NotReadyStatus(*parts_.slot) : absl::OkStatus();
  }

  const ServiceParts parts_;
  const RuleSource* const source_;
  AlertFeed* const feed_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewAlertRpcs(const ServiceParts& parts, const RuleSource* source,
                                            AlertFeed* feed) {
  return std::make_unique<AlertRpcs>(parts, source, feed);
}

}  // namespace tidemark::server
