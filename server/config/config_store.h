// ConfigStore holds the configuration in force and reads its file again when asked to.
//
// A file that cannot be read or is not valid leaves everything as it was. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "server/config/config.h"

namespace tidemark::server {

class ConfigStore {
 public:
  struct Deps {
    const base::Clock* clock;
    base::Logger* logger;
    base::MetricsRegistry* metrics;
  };
  // Puts a configuration into force as a whole, or says why that cannot be.
  using Listener = std::function<absl::Status(const Config&)>;

  // Reads `path`; without a path the defaults are in force. The deps must outlive the store.
  static absl::StatusOr<std::unique_ptr<ConfigStore>> Open(const std::string& path,
                                                           const Deps& deps);

  // Reads the file again, has the listener put it into force, and logs what differs. When either
  // fails everything stays as it was.
  absl::Status Reload() ABSL_LOCKS_EXCLUDED(mu_);

  // `listener` is called at each later reading, also when nothing differs: files that the
  // configuration names may. By the thread that reloads.
  void SetListener(Listener listener) ABSL_LOCKS_EXCLUDED(mu_);

  Config config() const ABSL_LOCKS_EXCLUDED(mu_);

  struct ReloadState {
    bool ok = true;     // of the last attempt
    int64_t at_ms = 0;  // of the last success
  };
  ReloadState last_reload() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  ConfigStore(std::string path, const Deps& deps);
  absl::Status TryReload() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void NoteReload(bool ok) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string path_;
  const Deps deps_;
  base::Gauge* const reload_ok_;
  base::Gauge* const reload_time_;

  mutable base::Mutex mu_;
  Config config_ ABSL_GUARDED_BY(mu_);
  ReloadState last_reload_ ABSL_GUARDED_BY(mu_);
  Listener listener_ ABSL_GUARDED_BY(mu_);
};

}  // namespace tidemark::server
