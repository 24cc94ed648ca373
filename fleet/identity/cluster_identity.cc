#include "fleet/identity/cluster_identity.h"

#include "base/string_map.h"
#include "fmt/format.h"

namespace tidemark::fleet {
namespace {

using LabelNames = std::vector<std::string>;

bool HasAll(model::LabelsView series, const LabelNames& names) {
  return std::all_of(names.begin(), names.end(),
                     [&](const std::string& name) { return series.Has(name); });
}

void AppendName(std::string_view value, std::string* name) {
  if (!name->empty()) {
    *name += '/';
  }
  for (const char c : value) {
    if (c == '/' || c == '%') {
      *name += c == '/' ? "%2F" : "%25";
    } else {
      *name += c;
    }
  }
}

// Adds the labels of `names` that the series has.
void Take(model::LabelsView series, const LabelNames& names, model::LabelsBuilder* labels,
          std::string* name) {
  for (const std::string& label : names) {
    const std::string_view value = series.Get(label);
    if (!value.empty()) {
      labels->Set(label, value);
      AppendName(value, name);
    }
  }
}

absl::Status CheckNames(const LabelNames& names, base::StringSet* seen) {
  for (const std::string& name : names) {
    if (name.empty()) {
      return absl::InvalidArgumentError("a label name of the cluster identity is empty");
    }
    if (!seen->insert(name).second) {
      return absl::InvalidArgumentError(
          fmt::format("the cluster identity names the label {} twice", name));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckIdentityRules(const IdentityRules& rules) {
  if (rules.names.empty()) {
    return absl::InvalidArgumentError("no labels name a cluster");
  }
  for (const LabelNames& names : rules.names) {
    if (names.empty()) {
      return absl::InvalidArgumentError("an entry of the cluster identity names no label");
    }
    base::StringSet seen;
    for (const LabelNames* part : {&names, &rules.sender, &rules.replica}) {
      if (absl::Status checked = CheckNames(*part, &seen); !checked.ok()) {
        return checked;
      }
    }
  }
  return absl::OkStatus();
}

std::optional<ClusterIdentity> IdentityReader::IdentityOf(model::LabelsView series) const {
  const auto names =
      std::find_if(rules_.names.begin(), rules_.names.end(),
                   [&](const LabelNames& candidate) { return HasAll(series, candidate); });
  if (names == rules_.names.end()) {
    return std::nullopt;
  }
  ClusterIdentity identity;
  model::LabelsBuilder labels;
  Take(series, rules_.sender, &labels, &identity.name);
  Take(series, *names, &labels, &identity.name);
  identity.labels = labels.Build();
  return identity;
}

model::Labels IdentityReader::WithoutReplica(model::LabelsView series) const {
  model::LabelsBuilder labels(series);
  for (const std::string& name : rules_.replica) {
    labels.Delete(name);
  }
  return labels.Build();
}

std::string IdentityReader::ReplicaOf(model::LabelsView series) const {
  std::string text;
  for (const std::string& name : rules_.replica) {
    const std::string_view value = series.Get(name);
    if (!value.empty()) {
      text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ", ", name, value);
    }
  }
  return text;
}

}  // namespace tidemark::fleet
