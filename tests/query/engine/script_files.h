// The scripts of tests/promql.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tidemark::query {

// In order of name.
std::vector<std::filesystem::path> ScriptFiles();
std::string ReadScript(const std::filesystem::path& path);

}  // namespace tidemark::query
