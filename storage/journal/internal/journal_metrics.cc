#include "storage/journal/internal/journal_metrics.h"

#include <vector>

namespace tidemark::storage {
namespace {

// 50 µs to 6.5 s.
std::vector<double> SecondsBounds() { return base::ExponentialBounds(50e-6, 2, 18); }

base::Counter* AddErrors(base::MetricsRegistry* registry, const char* call) {
  return registry->AddCounter("tidemark_journal_errors_total",
                              "Calls to the disk that failed, by what was tried.",
                              {{"call", call}});
}

}  // namespace

JournalMetrics::JournalMetrics(base::MetricsRegistry* registry)
    : entries(registry->AddCounter("tidemark_journal_entries_total", "Entries written.")),
      written_bytes(registry->AddCounter(
          "tidemark_disk_written_bytes_total",
          "Bytes written to table files and the journal, by what for.", {{"by", "journal"}})),
      syncs(registry->AddCounter("tidemark_journal_syncs_total", "Syncs that succeeded.")),
      open_errors(AddErrors(registry, "open")),
      write_errors(AddErrors(registry, "write")),
      sync_errors(AddErrors(registry, "sync")),
      group_entries(registry->AddHistogram("tidemark_journal_group_entries",
                                           "Entries committed together.",
                                           base::ExponentialBounds(1, 2, 13))),
      group_bytes(registry->AddHistogram("tidemark_journal_group_bytes",
                                         "Bytes committed together.",
                                         base::ExponentialBounds(1024, 4, 9))),
      group_wait_seconds(registry->AddHistogram(
          "tidemark_journal_group_wait_seconds",
          "Time from the submission of a group's oldest entry to its acknowledgement.",
          SecondsBounds())),
      write_seconds(registry->AddHistogram("tidemark_journal_write_seconds",
                                           "Duration of the write of a group.", SecondsBounds())),
      sync_seconds(registry->AddHistogram("tidemark_journal_sync_seconds", "Duration of a sync.",
                                          SecondsBounds())),
      pending_bytes(registry->AddGauge("tidemark_journal_pending_bytes",
                                       "Bytes submitted and not yet acknowledged.")),
      failing(registry->AddGauge("tidemark_journal_failing",
                                 "1 while the last attempt to write or sync failed.")),
      segment(registry->AddGauge("tidemark_journal_segment", "Number of the segment written to.")) {
}

}  // namespace tidemark::storage
