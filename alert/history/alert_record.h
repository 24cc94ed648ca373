// AlertRecord is one thing that has happened to one alert: the unit of the alert log and of its
// checkpoint. A plain value, with its bytes.
//
// A record holds the whole alert as it was afterwards, so that the last record of an alert is all
// that is known of it: the states of all alerts are a fold over the log. Layout:
// docs/format/alert-log.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "alert/state/alert_rule_state.h"
#include "model/labels.h"
#include "model/sample.h"

namespace tidemark::alert {

enum class RecordKind : uint8_t {
  kTransition = 1,  // the alert's state changed
  kUpdate = 2,      // receivers were told of it
  kLate = 3,        // it changed in the past, say late samples; of the history, not of the states
};

struct AlertRecord {
  RecordKind kind = RecordKind::kTransition;
  std::string file;         // of the rule group
  std::string group;        // its name
  std::string rule;         // name of the alert
  TextPairs rule_labels;    // the group's and the rule's own
  model::Labels cluster;    // identity labels
  model::Labels partition;  // by what the evaluation was split
  uint64_t inputs = 0;      // which selectors had samples, one bit each
  AlertState from = AlertState::kInactive;
  model::Timestamp t = 0;            // since when it is so
  model::Timestamp received_at = 0;  // when the deciding sample or moment came, by our clock
  std::string cause;                 // "arrival", "deadline", …
  // Of the deciding sample, by the sender's clock; none where no sample decided.
  std::optional<model::Timestamp> sample_time = std::nullopt;
  Alert alert;  // as it is after the change

  friend bool operator==(const AlertRecord&, const AlertRecord&) = default;
};

// What tells alerts apart: file, group, rule, cluster and labels. Equal exactly for records of one
// alert.
std::string KeyOf(const AlertRecord& record);

// Appends the record behind its length.
void AppendRecord(const AlertRecord& record, std::string* bytes);

// Appends to `records` what AppendRecord() has written, one behind the other. DataLoss for anything
// else; the intact records in front of the fault are there then.
absl::Status DecodeRecords(std::string_view bytes, std::vector<AlertRecord>* records);

}  // namespace tidemark::alert
