#include "fleet/diagnosis/incident.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace tidemark::fleet {
namespace {

// One cluster's first finding of a kind.
struct Onset {
  const ClusterFindings* cluster;
  model::Timestamp at;
  Severity severity;
};

// A label that may be shared, or none.
using Shared = std::pair<std::string, std::string>;
using Onsets = std::vector<Onset>;

std::map<FindingKind, Onsets> OnsetsByKind(std::span<const ClusterFindings> fleet) {
  std::map<FindingKind, Onsets> by_kind;
  for (const ClusterFindings& cluster : fleet) {
    for (const Finding& finding : cluster.findings) {
      if (!InfoOf(finding.kind).shared) {
        continue;
      }
      Onsets& onsets = by_kind[finding.kind];
      if (!onsets.empty() && onsets.back().cluster == &cluster) {
        onsets.back().at = std::min(onsets.back().at, finding.since);
        onsets.back().severity = std::max(onsets.back().severity, finding.severity);
      } else {
        onsets.push_back({&cluster, finding.since, finding.severity});
      }
    }
  }
  return by_kind;
}

// The onsets that agree in a label, for each label and value; those of clusters without any label
// together.
std::map<Shared, Onsets> ByLabel(const Onsets& onsets) {
  std::map<Shared, Onsets> groups;
  for (const Onset& onset : onsets) {
    if (onset.cluster->group_labels->empty()) {
      groups[{}].push_back(onset);
    }
    for (const auto& label : *onset.cluster->group_labels) {
      groups[label].push_back(onset);
    }
  }
  return groups;
}

Incident MakeIncident(FindingKind kind, std::span<const Onset> onsets) {
  Incident incident{.kind = kind,
                    .shared = *onsets.front().cluster->group_labels,
                    .began = onsets.front().at,
                    .severity = Severity::kInfo,
                    .clusters = {},
                    .to_resume = {}};
  for (const Onset& onset : onsets) {
    incident.severity = std::max(incident.severity, onset.severity);
    incident.clusters.emplace_back(onset.cluster->cluster);
    if (onset.cluster->to_resume) {
      incident.to_resume.emplace_back(onset.cluster->cluster);
    }
    const LabelPairs& labels = *onset.cluster->group_labels;
    std::erase_if(incident.shared, [&](const auto& label) {
      return std::find(labels.begin(), labels.end(), label) == labels.end();
    });
  }
  std::sort(incident.clusters.begin(), incident.clusters.end());
  std::sort(incident.to_resume.begin(), incident.to_resume.end());
  return incident;
}

// Cuts the onsets where the next one is too late, and keeps what is large enough.
void FindRuns(FindingKind kind, Onsets onsets, const IncidentRules& rules,
              std::vector<Incident>* incidents) {
  std::sort(onsets.begin(), onsets.end(),
            [](const Onset& a, const Onset& b) { return a.at < b.at; });
  size_t begin = 0;
  for (size_t i = 1; i <= onsets.size(); ++i) {
    if (i < onsets.size() && onsets[i].at - onsets[i - 1].at <= rules.within_ms) {
      continue;
    }
    if (i - begin >= rules.min_clusters) {
      incidents->push_back(MakeIncident(kind, std::span(onsets).subspan(begin, i - begin)));
    }
    begin = i;
  }
}

bool Includes(const Incident& larger, const Incident& smaller) {
  return larger.kind == smaller.kind &&
         std::includes(larger.clusters.begin(), larger.clusters.end(), smaller.clusters.begin(),
                       smaller.clusters.end());
}

// An incident whose clusters are all in another of the same kind tells nothing new.
std::vector<Incident> WithoutParts(std::vector<Incident> incidents) {
  std::stable_sort(incidents.begin(), incidents.end(), [](const Incident& a, const Incident& b) {
    return a.clusters.size() > b.clusters.size();
  });
  std::vector<Incident> kept;
  for (Incident& incident : incidents) {
    if (std::none_of(kept.begin(), kept.end(),
                     [&](const Incident& larger) { return Includes(larger, incident); })) {
      kept.push_back(std::move(incident));
    }
  }
  return kept;
}

}  // namespace

std::vector<Incident> FindIncidents(std::span<const ClusterFindings> fleet,
                                    const IncidentRules& rules) {
  std::vector<Incident> incidents;
  for (const auto& [kind, onsets] : OnsetsByKind(fleet)) {
    for (const auto& [label, group] : ByLabel(onsets)) {
      FindRuns(kind, group, rules, &incidents);
    }
  }
  incidents = WithoutParts(std::move(incidents));
  std::sort(incidents.begin(), incidents.end(), [](const Incident& a, const Incident& b) {
    return std::tie(b.severity, a.began, a.kind) < std::tie(a.severity, b.began, b.kind);
  });
  return incidents;
}

}  // namespace tidemark::fleet
