#include "storage/backup/snapshot.h"

#include <atomic>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>

#include "tests/storage/db_fixture.h"

namespace tidemark::storage {
namespace {

using model::Labels;

class SnapshotTest : public DbFixture {
 protected:
  std::string Snapshot() {
    auto name = db_->Snapshot();
    EXPECT_TRUE(name.ok()) << name.status();
    return SnapshotPath(options_.path, name.value_or("none"));
  }
  void OpenAt(const std::string& path) {
    Drop();
    options_.path = path;
    Open();
  }

  const Labels up_ = Labels::Of({{"__name__", "up"}, {"job", "tikv"}});
};

TEST_F(SnapshotTest, HasWhatIsInTheStoreAndWhatIsInTheJournal) {
  Open();
  Put(up_, 1000, 1);
  ASSERT_TRUE(db_->Sweep().ok());
  Put(up_, 2000, 0.1);
  const std::string snapshot = Snapshot();
  Put(up_, 3000, 3);
  ASSERT_TRUE(db_->Sweep().ok());
  EXPECT_EQ(Of(up_), Expect({{1000, 1}, {2000, 0.1}, {3000, 3}}));
  OpenAt(snapshot);
  EXPECT_EQ(Of(up_), Expect({{1000, 1}, {2000, 0.1}}));
  // It is a data folder like any other.
  Put(up_, 3000, 4);
  ASSERT_TRUE(db_->Close().ok());
  Reopen();
  EXPECT_EQ(Of(up_), Expect({{1000, 1}, {2000, 0.1}, {3000, 4}}));
}

TEST_F(SnapshotTest, OfAnEmptyStoreIsAnEmptyStore) {
  Open();
  OpenAt(Snapshot());
  EXPECT_TRUE(Select().empty());
  Put(up_, 1000, 1);
}

TEST_F(SnapshotTest, RemovesWhatACrashLeftOfAnotherOne) {
  Open();
  const std::string partial = SnapshotPath(options_.path, "old.partial");
  std::filesystem::create_directories(partial + "/rocksdb");
  Snapshot();
  EXPECT_FALSE(std::filesystem::exists(partial));
}

TEST_F(SnapshotTest, MissesNothingAcknowledgedWhileWritersAndSweepsRun) {
  constexpr int kSnapshots = 5;
  Open();
  // Writer: the writing thread, after the acknowledgement. Reader: this one.
  std::atomic<int> acknowledged{0};
  std::atomic<bool> stop{false};
  const auto labels_of = [](int i) {
    return Labels::Of({{"__name__", "m"}, {"series", std::to_string(i % 50)}});
  };
  std::thread writer([&] {
    for (int i = 0; !stop.load(); ++i) {
      Put(labels_of(i), 1000 + i, i);
      acknowledged.store(i + 1);
    }
  });
  std::thread sweeper([&] {
    while (!stop.load()) {
      EXPECT_TRUE(db_->Sweep().ok());
    }
  });
  std::vector<std::pair<std::string, int>> snapshots;
  for (int i = 0; i < kSnapshots; ++i) {
    const int before = acknowledged.load();
    snapshots.emplace_back(Snapshot(), before);
  }
  stop.store(true);
  writer.join();
  sweeper.join();
  for (const auto& [path, count] : snapshots) {
    OpenAt(path);
    size_t samples = 0;
    for (const auto& [series, found] : Select()) {
      samples += found.size();
    }
    EXPECT_GE(samples, static_cast<size_t>(count));
  }
}

}  // namespace
}  // namespace tidemark::storage
