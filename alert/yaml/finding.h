// FileFinding is something in a file that is wrong, or likely not what was meant. A plain value.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "fmt/format.h"

namespace tidemark::alert {

// A place in a file, line and column (in bytes) from 1; zeros when there is none.
struct FilePosition {
  int line = 0;
  int column = 0;

  friend bool operator==(const FilePosition&, const FilePosition&) = default;
};

struct FileFinding {
  std::string file;
  FilePosition position;
  std::string message;

  // "rules/tikv.yml:12:7: group \"g\", rule 2, \"HighLag\": unknown key \"exp\"", one line.
  std::string ToString() const {
    return fmt::format("{}:{}:{}: {}", file, position.line, position.column, message);
  }
};

// InvalidArgument with all of `errors`, one a line; OK if there is none.
absl::Status ToStatus(const std::vector<FileFinding>& errors);

}  // namespace tidemark::alert
