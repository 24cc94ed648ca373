#include "alert/rules/rule_file_set.h"

#include <glob.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>

#include "base/status_macros.h"
#include "fmt/format.h"

namespace tidemark::alert {
namespace {

constexpr std::string_view kGlobCharacters = "*?[";

bool HasGlobInFolder(std::string_view pattern) {
  const size_t slash = pattern.rfind('/');
  return slash != std::string_view::npos &&
         pattern.substr(0, slash).find_first_of(kGlobCharacters) != std::string_view::npos;
}

std::vector<std::string> Glob(const std::string& pattern) {
  glob_t found = {};
  std::vector<std::string> paths;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  globfree(&found);
  return paths;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ListRuleFiles(const std::vector<std::string>& patterns,
                                                       std::vector<std::string>* unmatched) {
  std::set<std::string> files;
  for (const std::string& pattern : patterns) {
    if (HasGlobInFolder(pattern)) {
      return absl::InvalidArgumentError(
          fmt::format("rule files {}: only the last part of a path may hold globs", pattern));
    }
    const std::vector<std::string> paths = Glob(pattern);
    files.insert(paths.begin(), paths.end());
    if (paths.empty() && unmatched != nullptr) {
      unmatched->push_back(pattern);
    }
  }
  return std::vector<std::string>(files.begin(), files.end());
}

ParsedRuleFile ReadRuleFile(const std::string& path) {
  std::ifstream file(path);
  errno = file ? 0 : errno;
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.is_open() || file.bad()) {
    ParsedRuleFile failed;
    failed.file.path = path;
    failed.errors.push_back({path, {}, fmt::format("cannot be read: {}", std::strerror(errno))});
    return failed;
  }
  return ParseRuleFile(path, text);
}

}  // namespace tidemark::alert
