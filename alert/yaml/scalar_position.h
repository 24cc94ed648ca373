// Places inside a YAML scalar: from a byte of its value to line and column in the file.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "alert/yaml/finding.h"

namespace tidemark::alert {

// ScalarPositions knows where each byte of a scalar's value stands in the file, whatever style it
// is written in: plain, quoted, or a literal or folded block. A value, thread-compatible.
class ScalarPositions {
 public:
  // `node` is where the scalar begins in `file` (a quote, a block's | or >, an anchor), `value`
  // what YAML reads there. `file` must outlive this.
  ScalarPositions(std::string_view file, FilePosition node, std::string_view value);

  // Of byte `offset` of the value; what lies behind the end stands for the end.
  FilePosition Of(size_t offset) const;

 private:
  void Align(std::string_view value);

  std::string_view file_;
  size_t begin_;                 // of the scalar's own text in the file
  std::vector<size_t> offsets_;  // in the file, of each byte of the value
  size_t end_;                   // behind the last byte of the value
};

// Bytes from the start of `text` to line and column `position`, and back.
size_t OffsetOf(std::string_view text, FilePosition position);
FilePosition PositionOf(std::string_view text, size_t offset);

}  // namespace tidemark::alert
