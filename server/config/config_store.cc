#include "server/config/config_store.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/status_macros.h"

namespace tidemark::server {
namespace {

absl::StatusOr<Config> ReadConfigFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    return absl::NotFoundError(fmt::format("open {}: {}", path, std::strerror(errno)));
  }
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.bad()) {
    return absl::UnavailableError(fmt::format("read {}: {}", path, std::strerror(errno)));
  }
  auto config = ParseConfig(text);
  if (!config.ok()) {
    return base::Annotate(config.status(), path);
  }
  const size_t slash = path.rfind('/');
  ResolvePaths(slash == std::string::npos ? "" : std::string_view(path).substr(0, slash), &*config);
  return config;
}

}  // namespace

ConfigStore::ConfigStore(std::string path, const Deps& deps)
    : path_(std::move(path)),
      deps_(deps),
      reload_ok_(
          deps.metrics->AddGauge("tidemark_config_last_reload_successful",
                                 "Whether the last reading of the configuration succeeded.")),
      reload_time_(deps.metrics->AddGauge("tidemark_config_last_reload_success_timestamp_seconds",
                                          "When the configuration in force was read.")) {}

absl::StatusOr<std::unique_ptr<ConfigStore>> ConfigStore::Open(const std::string& path,
                                                               const Deps& deps) {
  std::unique_ptr<ConfigStore> store(new ConfigStore(path, deps));
  base::MutexLock lock(&store->mu_);
  if (!path.empty()) {
    ASSIGN_OR_RETURN(store->config_, ReadConfigFile(path));
  }
  store->NoteReload(true);
  return store;
}

absl::Status ConfigStore::Reload() {
  base::MutexLock lock(&mu_);
  absl::Status status = TryReload();
  NoteReload(status.ok());
  if (!status.ok()) {
    deps_.logger->Error("configuration not reloaded; the old one stays in force",
                        {{"error", status}});
  }
  return status;
}

absl::Status ConfigStore::TryReload() {
  if (path_.empty()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const Config next, ReadConfigFile(path_));
  if (listener_) {
    RETURN_IF_ERROR(listener_(next));
  }
  const std::vector<std::string> changes = Differences(config_, next);
  deps_.logger->Info("configuration reloaded", {{"file", path_}, {"changes", changes.size()}});
  for (const std::string& change : changes) {
    deps_.logger->Info("configuration changed", {{"change", change}});
  }
  config_ = next;
  return absl::OkStatus();
}

void ConfigStore::NoteReload(bool ok) {
  last_reload_.ok = ok;
  reload_ok_->Set(ok ? 1 : 0);
  if (ok) {
    last_reload_.at_ms = deps_.clock->NowMs();
    reload_time_->Set(static_cast<double>(last_reload_.at_ms) / 1000);
  }
}

void ConfigStore::SetListener(Listener listener) {
  base::MutexLock lock(&mu_);
  listener_ = std::move(listener);
}

Config ConfigStore::config() const {
  base::MutexLock lock(&mu_);
  return config_;
}

ConfigStore::ReloadState ConfigStore::last_reload() const {
  base::MutexLock lock(&mu_);
  return last_reload_;
}

}  // namespace tidemark::server
