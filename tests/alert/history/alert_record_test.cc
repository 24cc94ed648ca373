#include "alert/history/alert_record.h"

#include <limits>

#include <gtest/gtest.h>

#include "base/status_macros.h"
#include "tests/alert/history/records.h"

namespace tidemark::alert {
namespace {

using testing::RecordOf;

std::vector<AlertRecord> RoundTrip(const std::vector<AlertRecord>& records) {
  std::string bytes;
  for (const AlertRecord& record : records) {
    AppendRecord(record, &bytes);
  }
  std::vector<AlertRecord> decoded;
  const absl::Status status = DecodeRecords(bytes, &decoded);
  EXPECT_TRUE(status.ok()) << status;
  return decoded;
}

TEST(AlertRecord, ComesBackAsItWasWritten) {
  std::vector<AlertRecord> records = {
      RecordOf("LagTooLong", "a", AlertState::kPending, 1000),
      RecordOf("LagTooLong", "b", AlertState::kFiring, 1'700'000'000'000),
      RecordOf("Failed", "a", AlertState::kInactive, 1), AlertRecord()};
  records[1].alert.keep_firing_since = -5;
  records[1].alert.last_sent_at = 7;
  records[1].alert.valid_until = std::numeric_limits<int64_t>::max();
  records[1].alert.silent_since = std::numeric_limits<int64_t>::min();
  records[1].kind = RecordKind::kUpdate;
  records[2].sample_time.reset();
  records[2].inputs = UINT64_MAX;
  records[2].alert.value = std::numeric_limits<double>::infinity();
  EXPECT_EQ(RoundTrip(records), records);
}

TEST(AlertRecord, KeepsTheBitsOfAnyValue) {
  AlertRecord record = RecordOf("A", "c", AlertState::kFiring, 1);
  record.alert.value = model::StaleMarker();
  const auto decoded = RoundTrip({record});
  ASSERT_EQ(decoded.size(), 1u);
  EXPECT_TRUE(model::SameBits(decoded[0].alert.value, record.alert.value));
}

TEST(AlertRecord, IsRefusedWhenCutAnywhere) {
  std::string bytes;
  AppendRecord(RecordOf("LagTooLong", "a", AlertState::kFiring, 1000), &bytes);
  for (size_t length = 1; length < bytes.size(); ++length) {
    std::vector<AlertRecord> decoded;
    EXPECT_EQ(DecodeRecords(bytes.substr(0, length), &decoded).code(), absl::StatusCode::kDataLoss)
        << length;
    EXPECT_TRUE(decoded.empty());
  }
}

TEST(AlertRecord, GivesTheIntactOnesInFrontOfAFault) {
  const AlertRecord record = RecordOf("LagTooLong", "a", AlertState::kFiring, 1000);
  std::string bytes;
  AppendRecord(record, &bytes);
  const size_t first = bytes.size();
  AppendRecord(record, &bytes);
  bytes[first + 2] = 77;  // no such kind
  std::vector<AlertRecord> decoded;
  EXPECT_FALSE(DecodeRecords(bytes, &decoded).ok());
  EXPECT_EQ(decoded, std::vector{record});
}

TEST(AlertRecord, HasAKeyThatTellsAlertsApart) {
  const AlertRecord record = RecordOf("LagTooLong", "a", AlertState::kFiring, 1000);
  AlertRecord other = record;
  other.t = 2000;
  other.alert.state = AlertState::kInactive;
  EXPECT_EQ(KeyOf(record), KeyOf(other));
  for (std::string AlertRecord::*member :
       {&AlertRecord::file, &AlertRecord::group, &AlertRecord::rule}) {
    other = record;
    other.*member += "x";
    EXPECT_NE(KeyOf(record), KeyOf(other));
  }
  other = record;
  other.cluster = model::Labels();
  EXPECT_NE(KeyOf(record), KeyOf(other));
  other = record;
  other.alert.labels = model::Labels();
  EXPECT_NE(KeyOf(record), KeyOf(other));
}

}  // namespace
}  // namespace tidemark::alert
