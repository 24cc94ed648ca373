#include "server/process_metrics.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <sys/resource.h>

#include "server/build_info.h"

namespace tidemark::server {
namespace {

// Field `index` of /proc/self/statm: 0 the virtual, 1 the resident pages.
double MemoryBytes(int index) {
  std::ifstream statm("/proc/self/statm");
  double pages = 0;
  for (int i = 0; i <= index; ++i) {
    statm >> pages;
  }
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double EntriesIn(const char* folder) {
  std::error_code error;
  const std::filesystem::directory_iterator entries(folder, error);
  return error ? 0 : static_cast<double>(std::distance(begin(entries), end(entries)));
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
}

double MaxFiles() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

}  // namespace

void AddProcessMetrics(int64_t start_time_ms, base::MetricsRegistry* metrics) {
  metrics->AddGaugeCallback("process_resident_memory_bytes", "Physical memory in use.",
                            [] { return MemoryBytes(1); });
  metrics->AddGaugeCallback("process_virtual_memory_bytes", "Virtual memory in use.",
                            [] { return MemoryBytes(0); });
  metrics->AddCounterCallback("process_cpu_seconds_total", "User and system time used.",
                              CpuSeconds);
  metrics->AddGaugeCallback("process_open_fds", "Open file descriptors.",
                            [] { return EntriesIn("/proc/self/fd"); });
  metrics->AddGaugeCallback("process_max_fds", "File descriptors that may be open.", MaxFiles);
  metrics->AddGaugeCallback("process_threads", "Threads of the process.",
                            [] { return EntriesIn("/proc/self/task"); });
  metrics->AddGauge("process_start_time_seconds", "When the process started.")
      ->Set(static_cast<double>(start_time_ms) / 1000);
  const BuildInfo build = GetBuildInfo();
  metrics
      ->AddGauge(
          "tidemark_build_info", "What the binary was built from; always 1.",
          {{"version", std::string(build.version)}, {"revision", std::string(build.revision)}})
      ->Set(1);
}

}  // namespace tidemark::server
