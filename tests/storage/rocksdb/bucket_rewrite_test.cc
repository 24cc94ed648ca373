#include "storage/rocksdb/bucket_rewrite.h"

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/storage/rocksdb/store_fixture.h"

namespace tidemark::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr SeriesKey kOne{1, 1};
constexpr SeriesKey kTwo{2, 2};
constexpr int64_t kBucket = 7;
constexpr model::Timestamp kStart = kBucket * kBucketMs;

class BucketRewriteTest : public StoreTest {
 protected:
  void PutChunk(RocksStore* store, SeriesKey series, model::Timestamp start, uint32_t sequence,
                std::string_view value) {
    StoreBatch batch(*store);
    batch.PutChunk(ChunkAt(series, start, sequence), value);
    ASSERT_TRUE(store->Write(&batch).ok());
  }

  // "<kind> <series>: value" of all chunks of the bucket.
  std::vector<std::string> Chunks(const RocksStore& store) {
    std::vector<std::string> found;
    const auto reader = store.NewChunkReader();
    const auto cursor = reader->Scan({kOne, kTwo}, kStart, kStart + kBucketMs - 1);
    while (cursor->Next()) {
      const bool sealed = cursor->key().kind == ChunkKind::kSealed;
      found.push_back((sealed ? "sealed " : "chunk ") + std::to_string(cursor->key().series) +
                      ": " + std::string(cursor->value()));
    }
    EXPECT_TRUE(cursor->status().ok()) << cursor->status();
    return found;
  }

  static void Walk(BucketRewrite* rewrite) {
    while (rewrite->Next()) {
    }
    EXPECT_TRUE(rewrite->status().ok()) << rewrite->status();
  }
  static absl::Status Commit(RocksStore* store, BucketRewrite* rewrite) {
    StoreBatch batch(*store);
    return rewrite->Commit(&batch);
  }

  std::vector<std::string> TableFiles() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path() + ".rewrite")) {
      names.push_back(entry.path().filename());
    }
    return names;
  }
};

TEST_F(BucketRewriteTest, PutsOneSealedChunkInThePlaceOfTheOthers) {
  auto store = Open();
  PutChunk(store.get(), kOne, kStart + 5, 1, "a");
  PutChunk(store.get(), kOne, kStart + 9, 2, "b");
  PutChunk(store.get(), kTwo, kStart + 5, 1, "c");
  PutChunk(store.get(), kOne, kStart + kBucketMs, 1, "next bucket");
  {
    auto rewrite = store->StartRewrite(kBucket);
    std::vector<std::string> walked;
    while (rewrite->Next()) {
      walked.emplace_back(rewrite->value());
    }
    EXPECT_THAT(walked, ElementsAre("a", "b", "c"));
    ASSERT_TRUE(rewrite->Put(kOne, kStart + 5, "ab").ok());
    ASSERT_TRUE(rewrite->PutTimeline(1, "times").ok());
    ASSERT_TRUE(rewrite->Ingest().ok());
    ASSERT_TRUE(Commit(store.get(), rewrite.get()).ok());
  }
  EXPECT_THAT(Chunks(*store), ElementsAre("sealed 1: ab"));
  EXPECT_EQ(*store->NewChunkReader()->LoadTimeline(kBucket, 1), "times");
  EXPECT_TRUE(absl::IsNotFound(store->NewChunkReader()->LoadTimeline(kBucket, 2).status()));
  EXPECT_THAT(*store->SealedBuckets(), ElementsAre(kBucket));
  EXPECT_THAT(*store->UnsealedBuckets(), ElementsAre(kBucket + 1));
  EXPECT_THAT(TableFiles(), IsEmpty());
}

TEST_F(BucketRewriteTest, ReplacesAndDeletesSealedChunks) {
  auto store = Open();
  const auto rewrite = [&](auto change) {
    auto rewriting = store->StartRewrite(kBucket);
    Walk(rewriting.get());
    change(rewriting.get());
    ASSERT_TRUE(rewriting->Ingest().ok());
    ASSERT_TRUE(Commit(store.get(), rewriting.get()).ok());
  };
  rewrite([](BucketRewrite* r) {
    ASSERT_TRUE(r->Put(kOne, kStart, "a").ok());
    ASSERT_TRUE(r->Put(kTwo, kStart + 1, "b").ok());
  });
  EXPECT_THAT(Chunks(*store), ElementsAre("sealed 1: a", "sealed 2: b"));
  const auto before = store->NewChunkReader();
  rewrite([](BucketRewrite* r) {
    ASSERT_TRUE(r->Delete(kOne).ok());
    ASSERT_TRUE(r->Put(kTwo, kStart + 2, "bb").ok());
  });
  EXPECT_THAT(Chunks(*store), ElementsAre("sealed 2: bb"));
  EXPECT_EQ(ScanKeys(*before, {kOne, kTwo}, kStart, kStart + 10).size(), 2u)
      << "a reader keeps what it saw";
}

TEST_F(BucketRewriteTest, KeepsChunksThatCameMeanwhile) {
  auto store = Open();
  PutChunk(store.get(), kOne, kStart, 1, "a");
  {
    auto rewrite = store->StartRewrite(kBucket);
    Walk(rewrite.get());
    PutChunk(store.get(), kOne, kStart + 3, 2, "late");
    PutChunk(store.get(), kTwo, kStart + 3, 2, "new");
    ASSERT_TRUE(rewrite->Put(kOne, kStart, "A").ok());
    ASSERT_TRUE(rewrite->Ingest().ok());
    PutChunk(store.get(), kTwo, kStart + 4, 3, "newer");
    ASSERT_TRUE(Commit(store.get(), rewrite.get()).ok());
  }
  EXPECT_THAT(Chunks(*store),
              ElementsAre("sealed 1: A", "chunk 1: late", "chunk 2: new", "chunk 2: newer"));
}

TEST_F(BucketRewriteTest, LeavesEverythingWhenItIsNotCommitted) {
  auto store = Open();
  PutChunk(store.get(), kOne, kStart, 1, "a");
  {
    auto rewrite = store->StartRewrite(kBucket);
    Walk(rewrite.get());
    ASSERT_TRUE(rewrite->Put(kOne, kStart, "A").ok());
    EXPECT_EQ(TableFiles().size(), 1u);
  }
  EXPECT_THAT(Chunks(*store), ElementsAre("chunk 1: a"));
  EXPECT_THAT(TableFiles(), IsEmpty());
}

TEST_F(BucketRewriteTest, HasBothFormsAfterACrashBetweenIngestionAndDeletion) {
  auto store = Open();
  PutChunk(store.get(), kOne, kStart, 1, "a");
  ASSERT_TRUE(store->Flush().ok());
  {
    auto rewrite = store->StartRewrite(kBucket);
    Walk(rewrite.get());
    ASSERT_TRUE(rewrite->Put(kOne, kStart, "A").ok());
    ASSERT_TRUE(rewrite->Ingest().ok());
    ASSERT_TRUE(Commit(store.get(), rewrite.get()).ok());
  }
  store = nullptr;  // the deletion was in memory only
  store = Open();
  EXPECT_THAT(Chunks(*store), ElementsAre("sealed 1: A", "chunk 1: a"));
}

TEST_F(BucketRewriteTest, RemovesFilesThatACrashLeft) {
  ASSERT_TRUE(Open()->Close().ok());
  std::ofstream(path() + ".rewrite/7-0.sst") << "half a table";
  auto store = Open();
  EXPECT_THAT(TableFiles(), IsEmpty());
}

TEST_F(BucketRewriteTest, DropsOldSealedBuckets) {
  auto store = Open();
  for (int64_t bucket = kBucket; bucket < kBucket + 3; ++bucket) {
    auto rewrite = store->StartRewrite(bucket);
    Walk(rewrite.get());
    ASSERT_TRUE(rewrite->Put(kOne, bucket * kBucketMs, "a").ok());
    ASSERT_TRUE(rewrite->Ingest().ok());
    ASSERT_TRUE(Commit(store.get(), rewrite.get()).ok());
  }
  ASSERT_TRUE(store->DropBucketsBefore(kBucket + 2).ok());
  EXPECT_THAT(*store->SealedBuckets(), ElementsAre(kBucket + 2));
}

}  // namespace
}  // namespace tidemark::storage
