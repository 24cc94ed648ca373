#include "tools/fleetsim/recording.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/testing/temp_dir.h"

namespace tidemark::fleetsim {
namespace {

std::string Written(const testing::TempDir& dir) {
  const std::string path = dir.File("recording");
  auto writer = RecordingWriter::Create(path, 2).value();
  EXPECT_TRUE(writer.Append(1, 2000, "first").ok());
  EXPECT_TRUE(writer.Append(0, 7, "").ok());
  EXPECT_TRUE(writer.Append(1, 1, std::string(100'000, '\0')).ok());
  EXPECT_TRUE(writer.Close().ok());
  return path;
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Recording, GivesBackWhatWasWritten) {
  const testing::TempDir dir;
  const auto recording = Recording::Open(Written(dir)).value();
  EXPECT_EQ(recording.shards(), 2u);
  ASSERT_EQ(recording.requests().size(), 3u);
  EXPECT_EQ(recording.requests()[0].shard, 1u);
  EXPECT_EQ(recording.requests()[0].samples, 2000u);
  EXPECT_EQ(recording.requests()[0].body, "first");
  EXPECT_EQ(recording.requests()[1].body, "");
  EXPECT_EQ(recording.requests()[2].body.size(), 100'000u);
}

TEST(Recording, BytesAreThoseOfTheFormat) {
  const testing::TempDir dir;
  const std::string bytes = ReadAll(Written(dir));
  using namespace std::string_view_literals;
  EXPECT_EQ(bytes.substr(0, 29), "TMFLEET1\2\0\0\0\1\0\0\0\xd0\7\0\0\5\0\0\0first"sv);
}

TEST(Recording, RefusesACutFile) {
  const testing::TempDir dir;
  const std::string bytes = ReadAll(Written(dir));
  for (const size_t size : {size_t{0}, size_t{5}, size_t{20}, size_t{27}, bytes.size() - 1}) {
    const std::string path = dir.File("cut");
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(size));
    EXPECT_FALSE(Recording::Open(path).ok()) << size << " bytes";
  }
}

TEST(Recording, RefusesWhatIsNoneAndWhatIsNotThere) {
  const testing::TempDir dir;
  const std::string path = dir.File("other");
  std::ofstream(path) << "something else altogether";
  EXPECT_EQ(Recording::Open(path).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(Recording::Open(dir.File("missing")).ok());
  EXPECT_FALSE(RecordingWriter::Create(dir.File("missing/below"), 1).ok());
}

}  // namespace
}  // namespace tidemark::fleetsim
