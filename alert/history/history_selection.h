// HistorySelection picks from the payloads of an alert log what a query asks for.
//
// Holds at most twice the query's limit. Thread-compatible; the query must outlive it.
#pragma once

#include <string_view>

#include "alert/history/alert_history.h"

namespace tidemark::alert {

class HistorySelection {
 public:
  explicit HistorySelection(const HistoryQuery& query) : query_(query) {}

  // In the order of the log. Records that cannot be read are passed over.
  void Add(std::string_view payload);
  HistoryAnswer Finish() &&;

 private:
  bool IsWanted(const AlertRecord& record) const;
  void Cut();

  const HistoryQuery& query_;
  HistoryAnswer answer_;
};

}  // namespace tidemark::alert
