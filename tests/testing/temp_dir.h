// TempDir is a folder of its own below $TMPDIR or /tmp, removed with all it holds at the end.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace tidemark::testing {

class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // The path of `name` inside the folder.
  std::string File(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace tidemark::testing
