#include "storage/backup/backup_note.h"

#include <charconv>

#include "base/status_macros.h"
#include "fmt/format.h"

namespace tidemark::storage {
namespace {

constexpr uint32_t kNoteVersion = 1;
constexpr std::string_view kTitle = "tidemark-backup";

// Takes the text up to `end` off the front of `text`; all of it when `end` does not occur.
std::string_view TakeUntil(char end, std::string_view* text) {
  const size_t at = text->find(end);
  const std::string_view taken = text->substr(0, at);
  text->remove_prefix(at == std::string_view::npos ? text->size() : at + 1);
  return taken;
}

template <typename Number>
bool ReadNumber(std::string_view text, Number* number, int base = 10) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *number, base);
  return error == std::errc() && stop == end;
}

// Names end up in paths: nothing but letters, digits, '.', '-' and no way out of the folder.
bool IsPlainName(std::string_view name) {
  for (const char c : name) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '.' || c == '-';
    if (!plain) {
      return false;
    }
  }
  return !name.empty() && name.front() != '.';
}

bool ReadFile(std::string_view line, CopiedFile* file) {
  file->name = std::string(TakeUntil(' ', &line));
  return IsPlainName(file->name) && ReadNumber(TakeUntil(' ', &line), &file->bytes) &&
         ReadNumber(line, &file->crc, 16);
}

bool ReadLine(std::string_view line, BackupNote* note) {
  const std::string_view word = TakeUntil(' ', &line);
  if (word == "store") {
    return ReadNumber(line, &note->store_version);
  }
  if (word == "journal") {
    return ReadNumber(line, &note->journal_version);
  }
  if (word == "folder") {
    note->folder = std::string(line);
    return IsPlainName(line);
  }
  return word == "file" && ReadFile(line, &note->journal.emplace_back());
}

}  // namespace

std::string BackupNote::ToText() const {
  std::string text = fmt::format("{} {}\nstore {}\njournal {}\nfolder {}\n", kTitle, kNoteVersion,
                                 store_version, journal_version, folder);
  for (const CopiedFile& file : journal) {
    text += fmt::format("file {} {} {:08x}\n", file.name, file.bytes, file.crc);
  }
  return text;
}

absl::StatusOr<BackupNote> BackupNote::FromText(std::string_view text) {
  std::string_view title = TakeUntil('\n', &text);
  uint32_t version = 0;
  if (TakeUntil(' ', &title) != kTitle || !ReadNumber(title, &version)) {
    return absl::DataLossError("the backup was not made by Tidemark");
  }
  if (version != kNoteVersion) {
    return absl::FailedPreconditionError(fmt::format(
        "the backup has format version {}, this program reads version {}", version, kNoteVersion));
  }
  BackupNote note;
  while (!text.empty()) {
    if (const std::string_view line = TakeUntil('\n', &text); !ReadLine(line, &note)) {
      return absl::DataLossError(fmt::format("the backup's note is damaged: \"{}\"", line));
    }
  }
  if (note.folder.empty()) {
    return absl::DataLossError("the backup's note is damaged: it names no folder");
  }
  return note;
}

uint64_t BackupNote::JournalBytes() const {
  uint64_t bytes = 0;
  for (const CopiedFile& file : journal) {
    bytes += file.bytes;
  }
  return bytes;
}

}  // namespace tidemark::storage
