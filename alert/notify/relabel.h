// RelabelRule is one step of a relabelling, in the form of Prometheus' relabel_config: it changes
// a label set, or drops it. Immutable once made; thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "model/labels.h"
#include "model/replacement.h"
#include "re2/re2.h"

namespace tidemark::alert {

enum class RelabelAction : uint8_t {
  kReplace,
  kKeep,
  kDrop,
  kKeepEqual,
  kDropEqual,
  kHashMod,
  kLabelMap,
  kLabelDrop,
  kLabelKeep,
  kLowercase,
  kUppercase,
};

// What the configuration says; the defaults are Prometheus'.
struct RelabelConfig {
  std::vector<std::string> source_labels;
  std::string separator = ";";
  std::string regex = "(.*)";
  uint64_t modulus = 0;
  std::string target_label;
  std::string replacement = "$1";
  RelabelAction action = RelabelAction::kReplace;

  friend bool operator==(const RelabelConfig&, const RelabelConfig&) = default;
};

// The action named `name`, in any case.
std::optional<RelabelAction> ParseRelabelAction(std::string_view name);

class RelabelRule {
 public:
  // InvalidArgument for an expression that cannot be compiled, or a field that the action needs
  // and that is missing.
  static absl::StatusOr<RelabelRule> Create(const RelabelConfig& config);

  // Changes `labels`; false when they are dropped.
  bool Apply(model::Labels* labels) const;

 private:
  RelabelRule(const RelabelConfig& config, std::shared_ptr<const re2::RE2> regex);

  void Replace(const std::string& value, model::Labels* labels) const;
  void MapNames(model::Labels* labels) const;
  void KeepNames(bool matching, model::Labels* labels) const;
  std::string SourceValue(const model::Labels& labels) const;
  bool Matches(std::string_view text) const;

  RelabelConfig config_;
  std::shared_ptr<const re2::RE2> regex_;  // anchored at both ends
  model::Replacement replacement_;
  model::Replacement target_;
};

// Applies all rules in order; nullopt when one drops the labels.
std::optional<model::Labels> Relabel(std::span<const RelabelRule> rules, model::Labels labels);

}  // namespace tidemark::alert
