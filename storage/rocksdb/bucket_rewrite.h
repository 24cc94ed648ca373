// BucketRewrite replaces what a store holds of one bucket by sealed chunks.
//
//   auto rewrite = store->StartRewrite(bucket);        // one at a time
//   while (rewrite->Next()) { … rewrite->key(), rewrite->value() … rewrite->Put(…) … }
//   RETURN_IF_ERROR(rewrite->Ingest());
//   RETURN_IF_ERROR(rewrite->Commit(&batch));
//
// What is read is the bucket as it was when the rewrite started. What is put goes into table files
// beside the database (folder "<store>.rewrite"), which Ingest brings in.
//
// What holds at every moment, a crash included:
//   1. Until Ingest the store is as it was; table files beside it mean nothing and are deleted when
//      the store is opened or the rewrite ends.
//   2. Ingest takes the files in, all of them or none, and they survive a crash from then on.
//      Then Commit writes one batch: the bucket's unsealed chunks that were read go, and the
//      changes that the caller adds are made.
//   3. Between the two, and after a crash that loses the batch, both the sealed chunks and the ones
//      they were made of are there. Reading merges them to the same samples, and rewriting the
//      bucket again gives the same sealed chunks.
//   4. A reader's snapshot sees the state before the ingestion, between the two or after the batch,
//      so it sees each sample at least once.
//   5. Chunks that others write to the bucket while it is rewritten are kept: the store notes them
//      and writes them again behind the deletion, in the same batch.
//
// Thread-compatible. Must not outlive the store. Destruction without Commit leaves the store as it
// was.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/sample.h"
#include "storage/rocksdb/rocks_store.h"
#include "storage/types.h"

namespace tidemark::storage {

class BucketRewrite {
 public:
  ~BucketRewrite();
  BucketRewrite(const BucketRewrite&) = delete;
  BucketRewrite& operator=(const BucketRewrite&) = delete;

  int64_t bucket() const;

  // Calls `visit` with the timelines of the bucket.
  absl::Status ForEachTimeline(
      absl::FunctionRef<absl::Status(uint32_t number, std::string_view row)> visit) const;
  absl::StatusOr<std::string> LoadTimeline(uint32_t number) const;

  // Walks all chunks of the bucket in the order of a ChunkCursor. False at the end and on errors.
  bool Next();
  const ChunkKey& key() const;
  std::string_view value() const;
  absl::Status status() const;

  // The series' chunk from now on, or that it has none. REQUIRES: series ascend.
  absl::Status Put(SeriesKey series, model::Timestamp start, std::string_view chunk);
  absl::Status Delete(SeriesKey series);
  // REQUIRES: behind the last Put and Delete; numbers ascend.
  absl::Status PutTimeline(uint32_t number, std::string_view row);

  // Brings in what was put. After an error nothing of it is there.
  absl::Status Ingest();
  // Removes the chunks that were walked and makes the changes in `batch`, which is then empty.
  // After an error the store is in the state of point 3; it may be tried again.
  // REQUIRES: the walk has ended without an error; Ingest gave OK.
  absl::Status Commit(StoreBatch* batch);

  uint64_t bytes_read() const;
  uint64_t bytes_written() const;  // of table files

 private:
  friend class RocksStore;
  struct Impl;
  explicit BucketRewrite(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark::storage
