// The store on a disk that fails.
#include <atomic>
#include <memory>
#include <string>

#include "base/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"
#include "storage/rocksdb/bucket_rewrite.h"
#include "tests/storage/rocksdb/store_fixture.h"

namespace tidemark::storage {
namespace {

using ::testing::ElementsAre;

// Whether table files can be written at present; shared with RocksDB's threads, publishes nothing
// else.
struct Disk {
  std::atomic<bool> full{false};
};

class FullableFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FullableFile(std::unique_ptr<rocksdb::FSWritableFile> file, const Disk* disk)
      : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* dbg) override {
    if (disk_->full.load(std::memory_order_relaxed)) {
      return rocksdb::IOStatus::NoSpace("no space left on device");
    }
    return FSWritableFileOwnerWrapper::Append(data, options, dbg);
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo&,
                           rocksdb::IODebugContext* dbg) override {
    return Append(data, options, dbg);
  }

 private:
  const Disk* const disk_;
};

class FullableFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit FullableFileSystem(const Disk* disk)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(disk) {}

  const char* Name() const override { return "FullableFileSystem"; }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* dbg) override {
    std::unique_ptr<rocksdb::FSWritableFile> real;
    const rocksdb::IOStatus made = FileSystemWrapper::NewWritableFile(name, options, &real, dbg);
    if (made.ok()) {
      *file = name.ends_with(".sst") ? std::make_unique<FullableFile>(std::move(real), disk_)
                                     : std::move(real);
    }
    return made;
  }

 private:
  const Disk* const disk_;
};

class FaultTest : public StoreTest {
 protected:
  FaultTest()
      : env_(rocksdb::NewCompositeEnv(std::make_shared<FullableFileSystem>(&disk_))),
        store_(Open(env_.get())) {}

  absl::Status Put(model::Timestamp start) {
    StoreBatch batch(*store_);
    batch.PutChunk(ChunkAt({1, 1}, start), "samples");
    return store_->Write(&batch);
  }
  std::vector<ChunkKey> Chunks() {
    return ScanKeys(*store_->NewChunkReader(), {{1, 1}}, model::kMinTimestamp,
                    model::kMaxTimestamp);
  }

  Disk disk_;
  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<RocksStore> store_;
};

TEST_F(FaultTest, IsHealthyOnAGoodDisk) {
  ASSERT_TRUE(Put(1).ok());
  ASSERT_TRUE(store_->Flush().ok());
  EXPECT_TRUE(store_->health().ok());
  EXPECT_TRUE(store_->Heal().ok());
}

TEST_F(FaultTest, RefusesWritesButReadsOnAFullDisk) {
  ASSERT_TRUE(Put(1).ok());
  disk_.full = true;
  EXPECT_FALSE(store_->Flush().ok());
  EXPECT_EQ(store_->health().code(), absl::StatusCode::kResourceExhausted) << store_->health();
  EXPECT_EQ(Put(2).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(Chunks(), ElementsAre(ChunkAt({1, 1}, 1)));
}

TEST_F(FaultTest, LeavesABucketAsItWasWhenItsRewriteFails) {
  ASSERT_TRUE(Put(1).ok());
  const auto rewrite = [this] {
    auto bucket = store_->StartRewrite(0);
    while (bucket->Next()) {
    }
    RETURN_IF_ERROR(bucket->Put({1, 1}, 1, "sealed"));
    RETURN_IF_ERROR(bucket->Ingest());
    StoreBatch batch(*store_);
    return bucket->Commit(&batch);
  };
  disk_.full = true;
  EXPECT_EQ(rewrite().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(store_->health().ok()) << store_->health();
  EXPECT_THAT(Chunks(), ElementsAre(ChunkAt({1, 1}, 1)));
  disk_.full = false;
  ASSERT_TRUE(rewrite().ok());
  ASSERT_EQ(Chunks().size(), 1u);
  EXPECT_EQ(Chunks()[0].kind, ChunkKind::kSealed);
}

TEST_F(FaultTest, HealsWithTheNextWriteWhenSpaceReturns) {
  ASSERT_TRUE(Put(1).ok());
  disk_.full = true;
  EXPECT_FALSE(store_->Flush().ok());
  disk_.full = false;
  EXPECT_FALSE(store_->health().ok());
  const absl::Status put = Put(2);
  ASSERT_TRUE(put.ok()) << put;
  EXPECT_TRUE(store_->health().ok()) << store_->health();
  ASSERT_TRUE(store_->Close().ok());
  store_ = Open();
  EXPECT_THAT(Chunks(), ElementsAre(ChunkAt({1, 1}, 1), ChunkAt({1, 1}, 2)));
}

TEST_F(FaultTest, TakesSealedFilesAfterAnErrorOnceItIsOpenedAgain) {
  ASSERT_TRUE(Put(1).ok());
  disk_.full = true;
  EXPECT_FALSE(store_->Flush().ok());
  disk_.full = false;
  const auto ingest = [this] {
    auto bucket = store_->StartRewrite(0);
    while (bucket->Next()) {
    }
    RETURN_IF_ERROR(bucket->Put({1, 1}, 1, "sealed"));
    return bucket->Ingest();
  };
  EXPECT_EQ(ingest().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(store_->health().ok()) << store_->health();
  EXPECT_TRUE(Put(2).ok());
  ASSERT_TRUE(store_->Close().ok());
  store_ = Open();
  const absl::Status ingested = ingest();
  EXPECT_TRUE(ingested.ok()) << ingested;
}

TEST_F(FaultTest, HealsWhenAsked) {
  ASSERT_TRUE(Put(1).ok());
  disk_.full = true;
  EXPECT_FALSE(store_->Flush().ok());
  EXPECT_EQ(store_->Heal().code(), absl::StatusCode::kResourceExhausted);
  disk_.full = false;
  EXPECT_TRUE(store_->Heal().ok());
  EXPECT_TRUE(store_->health().ok());
}

TEST_F(FaultTest, CloseReportsWhatCouldNotBeFlushed) {
  ASSERT_TRUE(Put(1).ok());
  disk_.full = true;
  EXPECT_EQ(store_->Close().code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace tidemark::storage
