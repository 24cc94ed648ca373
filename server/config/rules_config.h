// RulesConfig is what the configuration says of rules: the sections `global`, `rule_files`,
// `identity` and `rules`. A plain value.
//
// `global` and `rule_files` are as Prometheus has them; the other two are Tidemark's own, so that
// rule files stay as they are.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "fleet/identity/cluster_identity.h"

namespace YAML {
class Node;
}

namespace tidemark::server {

// What is said of one rule group beside its file.
struct GroupMarks {
  std::string name;
  bool fleet_wide = false;      // evaluated over all clusters at once
  bool release_silent = false;  // its alerts end when their inputs vanish

  friend bool operator==(const GroupMarks&, const GroupMarks&) = default;
};

struct RulesConfig {
  std::vector<std::string> files;  // paths, with globs in their last element

  int64_t evaluation_interval_ms = 60'000;
  int64_t query_offset_ms = 0;
  std::map<std::string, std::string> external_labels;

  // How clusters are told apart. Without names they are not, by rules.
  fleet::IdentityRules identity;

  int64_t settle_ms = 250;
  int64_t catch_up_ms = 500;
  int64_t tick_ms = 1000;
  int64_t late_after_ms = 300'000;
  std::vector<GroupMarks> groups;

  friend bool operator==(const RulesConfig&, const RulesConfig&) = default;

  // What is said of the group; nothing special if it is not named.
  GroupMarks MarksOf(std::string_view group) const;
};

// Reads one of the four sections. NotFound when `section` is none of them.
absl::Status ReadRulesSection(std::string_view section, const YAML::Node& node,
                              RulesConfig* config);

// The sections, defaults included, each behind its name.
std::vector<std::pair<std::string, std::string>> RulesYaml(const RulesConfig& config);

}  // namespace tidemark::server
