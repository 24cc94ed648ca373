// Metrics of the process itself: memory, processor time, file descriptors, threads, build.
#pragma once

#include <cstdint>

#include "base/metrics.h"

namespace tidemark::server {

void AddProcessMetrics(int64_t start_time_ms, base::MetricsRegistry* metrics);

}  // namespace tidemark::server
