// How a value is found again in its text: YAML changes nothing but white space (folding,
// indentation) and escapes in quotes. So the two texts are walked side by side. White space is
// skipped on either side where the other has none, and everything else must agree. Where it does
// not, the rest is taken to stand where the agreement ended.
#include "alert/yaml/scalar_position.h"

#include <algorithm>

namespace tidemark::alert {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Walks the text of one scalar in the file.
class Source {
 public:
  Source(std::string_view text, size_t at) : text_(text), at_(at) {
    SkipProperties();
    if (!AtEnd() && (text_[at_] == '"' || text_[at_] == '\'')) {
      quote_ = text_[at_++];
    } else if (!AtEnd() && (text_[at_] == '|' || text_[at_] == '>')) {
      at_ = std::min(text_.find('\n', at_), text_.size());
      SkipSpaces();
    }
  }

  size_t at() const { return at_; }

  // Steps over a space of the value.
  void TakeSpace(char c) {
    if (AtEscape()) {
      at_ += EscapeLength();
    } else if (!AtEnd() && text_[at_] == c && c != '\n') {
      ++at_;
    } else {
      SkipSpaces();
    }
  }

  // Steps over what stands for `c`; false where the texts disagree. `*begin` is where it stood.
  bool TakeCharacter(char c, size_t* begin) {
    SkipSpaces();
    *begin = at_;
    if (AtEscape()) {
      at_ += EscapeLength();
      return true;
    }
    if (AtEnd() || text_[at_] != c) {
      return false;
    }
    at_ += quote_ == '\'' && c == '\'' ? 2 : 1;
    return true;
  }

 private:
  bool AtEnd() const { return at_ >= text_.size(); }
  bool AtEscape() const { return quote_ == '"' && !AtEnd() && text_[at_] == '\\'; }

  size_t EscapeLength() const {
    const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : ' ';
    return c == 'x' ? 4 : c == 'u' ? 6 : c == 'U' ? 10 : 2;
  }

  void SkipSpaces() {
    const auto escaped_break = [&] {
      return AtEscape() && at_ + 1 < text_.size() &&
             (text_[at_ + 1] == '\n' || text_[at_ + 1] == '\r');
    };
    while (!AtEnd() && (IsSpace(text_[at_]) || escaped_break())) {
      ++at_;
    }
  }

  // Anchors and tags before the scalar.
  void SkipProperties() {
    while (!AtEnd() && (text_[at_] == '&' || text_[at_] == '!')) {
      while (!AtEnd() && !IsSpace(text_[at_])) {
        ++at_;
      }
      SkipSpaces();
    }
  }

  const std::string_view text_;
  size_t at_;
  char quote_ = 0;
};

}  // namespace

size_t OffsetOf(std::string_view text, FilePosition position) {
  size_t line_start = 0;
  for (int line = 1; line < position.line; ++line) {
    const size_t newline = text.find('\n', line_start);
    if (newline == std::string_view::npos) {
      return text.size();
    }
    line_start = newline + 1;
  }
  const int column = std::max(position.column, 1);
  return std::min(line_start + static_cast<size_t>(column) - 1, text.size());
}

FilePosition PositionOf(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const size_t newline = before.rfind('\n');
  const size_t line_start = newline == std::string_view::npos ? 0 : newline + 1;
  return {1 + static_cast<int>(std::count(before.begin(), before.end(), '\n')),
          1 + static_cast<int>(before.size() - line_start)};
}

ScalarPositions::ScalarPositions(std::string_view file, FilePosition node, std::string_view value)
    : file_(file), begin_(OffsetOf(file, node)), end_(begin_) {
  Align(value);
}

void ScalarPositions::Align(std::string_view value) {
  Source source(file_, begin_);
  end_ = source.at();
  for (const char c : value) {
    size_t begin = source.at();
    if (IsSpace(c)) {
      source.TakeSpace(c);
    } else if ((c & 0xC0) == 0x80 && !offsets_.empty() && source.at() < file_.size() &&
               file_[source.at()] != c) {
      begin = offsets_.back();  // one escape stands for all bytes of a character
    } else if (!source.TakeCharacter(c, &begin)) {
      return;
    }
    offsets_.push_back(begin);
    end_ = IsSpace(c) ? end_ : source.at();
  }
}

FilePosition ScalarPositions::Of(size_t offset) const {
  return PositionOf(file_, offset < offsets_.size() ? offsets_[offset] : end_);
}

}  // namespace tidemark::alert
