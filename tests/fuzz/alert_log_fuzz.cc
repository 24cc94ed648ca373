// Reads records of alerts and checkpoints of their states from any bytes.
//
// What can be read must come back the same when it is written and read again.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "alert/history/alert_record.h"
#include "alert/history/state_checkpoint.h"
#include "base/check.h"

namespace tidemark::alert {
namespace {

std::string Encode(const std::vector<AlertRecord>& records) {
  std::string bytes;
  for (const AlertRecord& record : records) {
    AppendRecord(record, &bytes);
  }
  return bytes;
}

void CheckRecords(std::string_view bytes) {
  std::vector<AlertRecord> records;
  DecodeRecords(bytes, &records).IgnoreError();
  std::vector<AlertRecord> again;
  TIDEMARK_CHECK(DecodeRecords(Encode(records), &again).ok());
  TIDEMARK_CHECK(Encode(again) == Encode(records));
}

void CheckCheckpoint(std::string_view bytes) {
  const auto checkpoint = DecodeCheckpoint(bytes);
  if (checkpoint.ok()) {
    TIDEMARK_CHECK(DecodeCheckpoint(EncodeCheckpoint(*checkpoint)).ok());
  }
}

}  // namespace
}  // namespace tidemark::alert

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  tidemark::alert::CheckRecords(bytes);
  tidemark::alert::CheckCheckpoint(bytes);
  return 0;
}
