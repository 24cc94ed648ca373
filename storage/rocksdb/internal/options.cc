#include "storage/rocksdb/internal/options.h"

#include <string>

#include "rocksdb/filter_policy.h"
#include "rocksdb/rate_limiter.h"
#include "rocksdb/table.h"
#include "storage/rocksdb/internal/info_logger.h"
#include "storage/rocksdb/internal/schema.h"

namespace tidemark::storage::internal {
namespace {

constexpr size_t kKiB = 1024;
constexpr size_t kMiB = 1024 * kKiB;
constexpr int kFilterBitsPerKey = 10;

rocksdb::BlockBasedTableOptions TableOptions(const std::shared_ptr<rocksdb::Cache>& cache,
                                             size_t block_bytes) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = block_bytes;
  table.format_version = 5;
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  return table;
}

// What all families have in common. Old files are final: nothing rewrites them for their age.
rocksdb::ColumnFamilyOptions BaseOptions(size_t memtable_bytes) {
  rocksdb::ColumnFamilyOptions family;
  family.write_buffer_size = memtable_bytes;
  family.max_write_buffer_number = 3;
  family.compression = rocksdb::kLZ4Compression;
  family.bottommost_compression = rocksdb::kZSTD;
  family.level_compaction_dynamic_level_bytes = true;
  family.ttl = 0;
  family.periodic_compaction_seconds = 0;
  return family;
}

// Small values looked up or loaded whole.
rocksdb::ColumnFamilyOptions RecordOptions(const std::shared_ptr<rocksdb::Cache>& cache,
                                           size_t memtable_bytes) {
  rocksdb::ColumnFamilyOptions family = BaseOptions(memtable_bytes);
  rocksdb::BlockBasedTableOptions table = TableOptions(cache, 8 * kKiB);
  table.filter_policy.reset(rocksdb::NewRibbonFilterPolicy(kFilterBitsPerKey));
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return family;
}

// Sealed chunks are read in runs of neighbours and never looked up by their whole key: large blocks
// that compress neighbours together, no filter. Files come by ingestion, and lie in the last level
// unless a bucket is sealed again.
rocksdb::ColumnFamilyOptions SealedOptions(const std::shared_ptr<rocksdb::Cache>& cache,
                                           size_t memtable_bytes) {
  rocksdb::ColumnFamilyOptions family = BaseOptions(memtable_bytes);
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(TableOptions(cache, 32 * kKiB)));
  family.target_file_size_base = 64 * kMiB;
  family.max_bytes_for_level_base = 256 * kMiB;
  return family;
}

// Chunks of sweeps live for a bucket's time and are then deleted together: what counts is how often
// they are written again until then. Each sweep leaves a sorted run; kMergeWidth runs of one size
// are merged into one, which is once for most of a bucket. Nothing else is rewritten, but for the
// whole after a consolidation, when little is left of it.
rocksdb::ColumnFamilyOptions ChunkOptions(const std::shared_ptr<rocksdb::Cache>& cache,
                                          size_t memtable_bytes) {
  constexpr unsigned kMergeWidth = 8;
  rocksdb::ColumnFamilyOptions family = SealedOptions(cache, memtable_bytes);
  family.compression = rocksdb::kZSTD;  // flushed bytes count as much as merged ones
  family.compression_opts.level = 1;
  family.compaction_style = rocksdb::kCompactionStyleUniversal;
  family.level_compaction_dynamic_level_bytes = false;  // says nothing of universal compaction
  family.compaction_options_universal.min_merge_width = kMergeWidth;
  family.compaction_options_universal.max_merge_width = kMergeWidth;
  family.compaction_options_universal.size_ratio = 10;
  family.compaction_options_universal.max_size_amplification_percent = 1'000'000;
  family.level0_file_num_compaction_trigger = kMergeWidth;
  family.level0_slowdown_writes_trigger = 8 * kMergeWidth;
  family.level0_stop_writes_trigger = 12 * kMergeWidth;
  return family;
}

}  // namespace

rocksdb::DBOptions MakeDbOptions(const RocksStoreOptions& options, rocksdb::Env* env,
                                 base::Logger* logger) {
  rocksdb::DBOptions db;
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  db.atomic_flush = true;                 // families never get apart: there is no log to mend it
  db.avoid_flush_during_shutdown = true;  // Close flushes and reports; the destructor does not
  db.max_background_jobs = 2;
  db.max_open_files = -1;
  db.bytes_per_sync = kMiB;
  db.info_log = std::make_shared<InfoLogger>(logger);
  db.stats_dump_period_sec = 0;
  db.manifest_preallocation_size = 64 * kKiB;  // of 4 MiB by default little is ever used
  if (env != nullptr) {
    db.env = env;
  }
  if (options.write_limit_bytes_per_second > 0) {
    db.rate_limiter.reset(rocksdb::NewGenericRateLimiter(options.write_limit_bytes_per_second));
  }
  return db;
}

std::vector<rocksdb::ColumnFamilyDescriptor> MakeFamilies(
    const RocksStoreOptions& options, const std::shared_ptr<rocksdb::Cache>& cache) {
  const auto named = [](Family family, const rocksdb::ColumnFamilyOptions& of) {
    return rocksdb::ColumnFamilyDescriptor(std::string(kFamilyNames[static_cast<size_t>(family)]),
                                           of);
  };
  return {named(Family::kDefault, RecordOptions(cache, kMiB)),
          named(Family::kSeries, RecordOptions(cache, 16 * kMiB)),
          named(Family::kState, RecordOptions(cache, 16 * kMiB)),
          named(Family::kMetadata, RecordOptions(cache, 4 * kMiB)),
          named(Family::kChunks, ChunkOptions(cache, options.chunk_memtable_bytes)),
          named(Family::kSealed, SealedOptions(cache, kMiB)),
          named(Family::kColdSeries, RecordOptions(cache, 16 * kMiB)),
          named(Family::kColdIndex, RecordOptions(cache, 16 * kMiB)),
          named(Family::kTombstones, RecordOptions(cache, kMiB))};
}

}  // namespace tidemark::storage::internal
