// Reads any text as the note of a backup. What is read must come back when it is written again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "storage/backup/backup_note.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using tidemark::storage::BackupNote;
  const auto note = BackupNote::FromText({reinterpret_cast<const char*>(data), size});
  if (!note.ok()) {
    return 0;
  }
  TIDEMARK_CHECK(note->folder.find('/') == std::string::npos);
  const auto again = BackupNote::FromText(note->ToText());
  TIDEMARK_CHECK(again.ok() && again->folder == note->folder && again->journal == note->journal &&
                 again->store_version == note->store_version &&
                 again->journal_version == note->journal_version);
  return 0;
}
