#include "storage/backup/backup_note.h"

#include <gtest/gtest.h>

namespace tidemark::storage {
namespace {

BackupNote Example() {
  return {.store_version = 2,
          .journal_version = 3,
          .folder = "20261122T064500Z-0123456789abcdef",
          .journal = {{"00000007.journal", 1u << 20, 0x0000abcd}, {"00000008.journal", 0, 0}}};
}

TEST(BackupNote, ReadsBackWhatItWrote) {
  const auto read = BackupNote::FromText(Example().ToText());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->store_version, 2u);
  EXPECT_EQ(read->journal_version, 3u);
  EXPECT_EQ(read->folder, Example().folder);
  EXPECT_EQ(read->journal, Example().journal);
  EXPECT_EQ(read->JournalBytes(), 1u << 20);
}

TEST(BackupNote, KeepsItsText) {
  EXPECT_EQ(Example().ToText(),
            "tidemark-backup 1\nstore 2\njournal 3\nfolder 20261122T064500Z-0123456789abcdef\n"
            "file 00000007.journal 1048576 0000abcd\nfile 00000008.journal 0 00000000\n");
}

TEST(BackupNote, RefusesWhatItDidNotWrite) {
  for (const char* text :
       {"", "something else 1\n", "tidemark-backup\n", "tidemark-backup 1\n",
        "tidemark-backup 1\nfolder ../up\n", "tidemark-backup 1\nfolder a\nfile ../../x 1 1\n",
        "tidemark-backup 1\nfolder a\nfile x 1\n", "tidemark-backup 1\nfolder a\nunknown\n",
        "tidemark-backup 1\nfolder a\nstore -1\n"}) {
    EXPECT_EQ(BackupNote::FromText(text).status().code(), absl::StatusCode::kDataLoss) << text;
  }
  EXPECT_EQ(BackupNote::FromText("tidemark-backup 2\n").status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace tidemark::storage
