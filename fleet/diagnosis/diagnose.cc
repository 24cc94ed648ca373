#include "fleet/diagnosis/diagnose.h"

#include <algorithm>
#include <tuple>

#include "fleet/diagnosis/internal/case.h"

namespace tidemark::fleet {
namespace {

// A restart explains a lag: the lag is then no more than a piece of news.
void DowngradeExplainedLags(std::vector<Finding>* findings) {
  for (Finding& lag : *findings) {
    const bool explained =
        lag.kind == FindingKind::kCheckpointLagging &&
        std::any_of(findings->begin(), findings->end(), [&](const Finding& other) {
          return other.kind == FindingKind::kLagAfterRestart && other.task == lag.task;
        });
    if (explained) {
      lag.severity = Severity::kInfo;
    }
  }
}

}  // namespace

std::vector<Finding> Diagnose(const ClusterState& cluster, int64_t now_ms,
                              const DiagnosisThresholds& thresholds) {
  std::vector<Finding> findings;
  Case c(cluster, now_ms, thresholds, &findings);
  ExamineCluster(&c);
  ExamineTasks(&c);
  ExamineAdvancer(&c);
  ExamineCheckpoint(&c);
  ExamineStores(&c);
  ExamineUploads(&c);
  ExamineVolumes(&c);
  DowngradeExplainedLags(&findings);
  std::sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return std::tie(b.severity, a.kind, a.task) < std::tie(a.severity, b.kind, b.task);
  });
  return findings;
}

}  // namespace tidemark::fleet
