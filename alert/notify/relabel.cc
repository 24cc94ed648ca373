#include "alert/notify/relabel.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include <openssl/evp.h>

#include "alert/template/text_case.h"
#include "fmt/format.h"
#include "query/engine/label_text.h"

namespace tidemark::alert {
namespace {

constexpr std::pair<std::string_view, RelabelAction> kActions[] = {
    {"replace", RelabelAction::kReplace},     {"keep", RelabelAction::kKeep},
    {"drop", RelabelAction::kDrop},           {"keepequal", RelabelAction::kKeepEqual},
    {"dropequal", RelabelAction::kDropEqual}, {"hashmod", RelabelAction::kHashMod},
    {"labelmap", RelabelAction::kLabelMap},   {"labeldrop", RelabelAction::kLabelDrop},
    {"labelkeep", RelabelAction::kLabelKeep}, {"lowercase", RelabelAction::kLowercase},
    {"uppercase", RelabelAction::kUppercase},
};

std::string_view NameOf(RelabelAction action) {
  return std::find_if(std::begin(kActions), std::end(kActions),
                      [&](const auto& known) { return known.second == action; })
      ->first;
}

bool NeedsTarget(RelabelAction action) {
  switch (action) {
    case RelabelAction::kReplace:
    case RelabelAction::kHashMod:
    case RelabelAction::kLowercase:
    case RelabelAction::kUppercase:
    case RelabelAction::kKeepEqual:
    case RelabelAction::kDropEqual:
      return true;
    default:
      return false;
  }
}

absl::Status Check(const RelabelConfig& config) {
  const std::string_view action = NameOf(config.action);
  if (NeedsTarget(config.action) && config.target_label.empty()) {
    return absl::InvalidArgumentError(fmt::format("action {} needs a target_label", action));
  }
  if (config.action == RelabelAction::kHashMod && config.modulus == 0) {
    return absl::InvalidArgumentError("action hashmod needs a modulus that is not zero");
  }
  return absl::OkStatus();
}

// The second half of the MD5 sum as a number, which is what Prometheus shards by.
uint64_t HashOf(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), sum.data(), &size, EVP_md5(), nullptr);
  uint64_t hash = 0;
  for (size_t i = 8; i < 16; ++i) {
    hash = hash << 8 | sum[i];
  }
  return hash;
}

void Set(std::string_view name, std::string_view value, model::Labels* labels) {
  model::LabelsBuilder builder(*labels);
  builder.Set(name, value);
  *labels = builder.Build();
}

}  // namespace

std::optional<RelabelAction> ParseRelabelAction(std::string_view name) {
  const std::string lower = templates::ToLower(name);
  const auto* const it = std::find_if(std::begin(kActions), std::end(kActions),
                                      [&](const auto& known) { return known.first == lower; });
  return it == std::end(kActions) ? std::nullopt : std::optional(it->second);
}

absl::StatusOr<RelabelRule> RelabelRule::Create(const RelabelConfig& config) {
  if (const absl::Status status = Check(config); !status.ok()) {
    return status;
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  auto regex = std::make_shared<const re2::RE2>(config.regex, options);
  if (!regex->ok()) {
    return absl::InvalidArgumentError(
        fmt::format("regex \"{}\" cannot be compiled: {}", config.regex, regex->error()));
  }
  return RelabelRule(config, std::move(regex));
}

RelabelRule::RelabelRule(const RelabelConfig& config, std::shared_ptr<const re2::RE2> regex)
    : config_(config),
      regex_(std::move(regex)),
      replacement_(config.replacement, *regex_),
      target_(config.target_label, *regex_) {}

bool RelabelRule::Matches(std::string_view text) const {
  return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *regex_);
}

std::string RelabelRule::SourceValue(const model::Labels& labels) const {
  std::string value;
  for (size_t i = 0; i < config_.source_labels.size(); ++i) {
    value.append(i == 0 ? "" : config_.separator).append(labels.Get(config_.source_labels[i]));
  }
  return value;
}

bool RelabelRule::Apply(model::Labels* labels) const {
  const std::string value = SourceValue(*labels);
  switch (config_.action) {
    case RelabelAction::kReplace:
      Replace(value, labels);
      return true;
    case RelabelAction::kKeep:
      return Matches(value);
    case RelabelAction::kDrop:
      return !Matches(value);
    case RelabelAction::kKeepEqual:
      return labels->Get(config_.target_label) == value;
    case RelabelAction::kDropEqual:
      return labels->Get(config_.target_label) != value;
    case RelabelAction::kHashMod:
      Set(config_.target_label, fmt::format("{}", HashOf(value) % config_.modulus), labels);
      return true;
    case RelabelAction::kLabelMap:
      MapNames(labels);
      return true;
    case RelabelAction::kLabelDrop:
      KeepNames(false, labels);
      return true;
    case RelabelAction::kLabelKeep:
      KeepNames(true, labels);
      return true;
    case RelabelAction::kLowercase:
      Set(config_.target_label, templates::ToLower(value), labels);
      return true;
    case RelabelAction::kUppercase:
      Set(config_.target_label, templates::ToUpper(value), labels);
      return true;
  }
  return true;
}

void RelabelRule::Replace(const std::string& value, model::Labels* labels) const {
  std::vector<re2::StringPiece> groups(static_cast<size_t>(regex_->NumberOfCapturingGroups() + 1));
  if (!regex_->Match(value, 0, value.size(), re2::RE2::ANCHOR_BOTH, groups.data(),
                     static_cast<int>(groups.size()))) {
    return;
  }
  std::string name;
  std::string text;
  target_.Append(groups, &name);
  replacement_.Append(groups, &text);
  if (query::IsLabelName(name)) {
    Set(name, text, labels);
  }
}

void RelabelRule::MapNames(model::Labels* labels) const {
  std::vector<std::pair<std::string, std::string>> added;
  std::vector<re2::StringPiece> groups(static_cast<size_t>(regex_->NumberOfCapturingGroups() + 1));
  for (const model::LabelView& label : labels->view()) {
    const re2::StringPiece name(label.name.data(), label.name.size());
    if (regex_->Match(name, 0, name.size(), re2::RE2::ANCHOR_BOTH, groups.data(),
                      static_cast<int>(groups.size()))) {
      std::string mapped;
      replacement_.Append(groups, &mapped);
      added.emplace_back(std::move(mapped), label.value);
    }
  }
  for (const auto& [name, value] : added) {
    if (!name.empty()) {
      Set(name, value, labels);
    }
  }
}

void RelabelRule::KeepNames(bool matching, model::Labels* labels) const {
  std::vector<std::pair<std::string, std::string>> kept;
  for (const model::LabelView& label : labels->view()) {
    if (Matches(label.name) == matching) {
      kept.emplace_back(label.name, label.value);
    }
  }
  *labels = model::Labels::Of(kept);
}

std::optional<model::Labels> Relabel(std::span<const RelabelRule> rules, model::Labels labels) {
  for (const RelabelRule& rule : rules) {
    if (!rule.Apply(&labels)) {
      return std::nullopt;
    }
  }
  return labels;
}

}  // namespace tidemark::alert
