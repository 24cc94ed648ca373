#include "tests/query/engine/script_files.h"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace tidemark::query {

std::string ReadScript(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<std::filesystem::path> ScriptFiles() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(TIDEMARK_PROMQL_SCRIPTS)) {
    if (entry.path().extension() == ".test") {
      paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace tidemark::query
