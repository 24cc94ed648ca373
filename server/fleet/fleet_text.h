// The fleet as text for people, made of what the HTTP interface answers. Pure.
#pragma once

#include <string>
#include <vector>

#include "rapidjson/document.h"

namespace tidemark::server {

// Rows under a head, columns aligned; the last column is not padded.
class TextTable {
 public:
  struct Cell {
    std::string text;
    std::string color = {};  // an escape sequence; empty: none
  };

  explicit TextTable(std::vector<std::string> head);
  void Add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  // With colors, if the cells have any, or without.
  std::string ToText(bool colors) const;

 private:
  std::vector<std::vector<Cell>> rows_;  // the head first
};

// The data of what /api/v1/fleet/… answers.
struct FleetAnswers {
  const rapidjson::Value& tasks;
  const rapidjson::Value& clusters;
  const rapidjson::Value& missing;  // findings of expected clusters that were never seen
  const rapidjson::Value& incidents;
};

// A table of the tasks, the worst first; then the clusters without one, and those that are missing.
std::string StatusText(const FleetAnswers& fleet, bool colors);

// What is known of one cluster, or of one of its tasks: the data of /api/v1/fleet/cluster.
std::string ExplanationText(const rapidjson::Value& cluster, const std::string& task, bool colors);

// A table of the alerts of /api/v1/alerts: those that fire first, and of these the gravest.
std::string AlertsText(const rapidjson::Value& alerts, bool colors);

}  // namespace tidemark::server
