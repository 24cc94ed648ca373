// What the journal counts about itself. The pointers are the registry's.
#pragma once

#include "base/metrics.h"

namespace tidemark::storage {

struct JournalMetrics {
  explicit JournalMetrics(base::MetricsRegistry* registry);

  base::Counter* entries;
  base::Counter* written_bytes;
  base::Counter* syncs;
  base::Counter* open_errors;
  base::Counter* write_errors;
  base::Counter* sync_errors;
  base::Histogram* group_entries;
  base::Histogram* group_bytes;
  base::Histogram* group_wait_seconds;
  base::Histogram* write_seconds;
  base::Histogram* sync_seconds;
  base::Gauge* pending_bytes;
  base::Gauge* failing;
  base::Gauge* segment;
};

}  // namespace tidemark::storage
