#include "storage/rocksdb/status.h"

#include "base/status_macros.h"
#include "gtest/gtest.h"
#include "rocksdb/status.h"

namespace tidemark::storage {
namespace {

using Rocks = rocksdb::Status;

absl::StatusCode CodeOf(const Rocks& status) { return FromRocks(status, "test").code(); }

TEST(RocksStatus, KeepsOk) { EXPECT_TRUE(FromRocks(Rocks::OK(), "test").ok()); }

TEST(RocksStatus, TellsDamageFromWhatMayPass) {
  EXPECT_EQ(CodeOf(Rocks::Corruption("bad block")), absl::StatusCode::kDataLoss);
  EXPECT_EQ(CodeOf(Rocks::IOError("EIO")), absl::StatusCode::kUnavailable);
  EXPECT_EQ(CodeOf(Rocks::Busy()), absl::StatusCode::kUnavailable);
  EXPECT_EQ(CodeOf(Rocks::Incomplete()), absl::StatusCode::kUnavailable);
  EXPECT_EQ(CodeOf(Rocks::TimedOut()), absl::StatusCode::kUnavailable);
}

TEST(RocksStatus, TellsAFullDiskFromOtherIoErrors) {
  EXPECT_EQ(CodeOf(Rocks::NoSpace("disk")), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(CodeOf(Rocks::SpaceLimit()), absl::StatusCode::kResourceExhausted);
}

TEST(RocksStatus, NeverBlamesTheSender) {
  EXPECT_EQ(CodeOf(Rocks::InvalidArgument("option")), absl::StatusCode::kInternal);
  EXPECT_EQ(CodeOf(Rocks::NotSupported("option")), absl::StatusCode::kInternal);
}

TEST(RocksStatus, SaysWhatWasBeingDone) {
  const absl::Status status = FromRocks(Rocks::Corruption("bad block"), "read chunks");
  EXPECT_EQ(base::Message(status), "read chunks: Corruption: bad block");
}

}  // namespace
}  // namespace tidemark::storage
