// What this binary was built from.
#pragma once

#include <string_view>

namespace tidemark::server {

// The version of Prometheus whose API is spoken; clients derive features from it.
inline constexpr std::string_view kPrometheusVersion = "3.0.0";

struct BuildInfo {
  std::string_view version;   // of the project, "0.1.0"
  std::string_view revision;  // of the source, "unknown" outside of a repository
  std::string_view compiler;
};

BuildInfo GetBuildInfo();

}  // namespace tidemark::server
