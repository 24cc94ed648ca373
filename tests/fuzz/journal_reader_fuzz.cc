// Replays a journal that the input has damaged, or is.
//
// The first byte chooses. Even: the rest is the content of segment 1. Odd: a sound journal of
// three segments is changed by steps of four bytes (what and in which segment, where, where, with
// what), and whatever is then delivered must be what was written, once and in order.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "storage/journal/journal.h"
#include "storage/journal/journal_reader.h"
#include "tests/testing/faulty_file_system.h"

namespace tidemark::storage {
namespace {

constexpr char kDir[] = "/journal";
constexpr SegmentId kSegments = 3;
constexpr int kRecords = 4;  // in each

std::string PayloadOf(uint64_t sequence) {
  return fmt::format("{} {}", sequence, std::string(sequence * 7 % 40, 'x'));
}

// The contents of the segments of a sound journal. The last one has no footer.
std::vector<std::string> WriteSoundJournal() {
  testing::FaultyFileSystem fs;
  const base::SystemClock clock;
  base::Logger logger;
  base::MetricsRegistry metrics;
  JournalOptions options;
  options.dir = kDir;
  auto journal = Journal::Open(options, {}, {&fs, &clock, &logger, &metrics});
  TIDEMARK_CHECK(journal.ok());
  for (uint64_t sequence = 1; sequence <= kSegments * kRecords; ++sequence) {
    (*journal)->Submit(std::make_unique<JournalEntry>(PayloadOf(sequence)));
    // Also makes sure that the last one is written before the files are looked at.
    if (sequence % kRecords == 0) {
      TIDEMARK_CHECK((*journal)->Cut().ok());
    }
  }
  std::vector<std::string> contents;
  for (SegmentId id = 1; id <= kSegments; ++id) {
    contents.push_back(fs.Content(SegmentPath(kDir, id)));
  }
  contents.back().resize(contents.back().size() - kFrameHeaderBytes);
  return contents;
}

// One step of damage.
void Change(const uint8_t* step, std::vector<std::string>* contents) {
  std::string& content = (*contents)[(step[0] >> 4) % contents->size()];
  const size_t offset = (step[1] | static_cast<size_t>(step[2]) << 8) % (content.size() + 1);
  const size_t length = std::min<size_t>(step[3], content.size() - offset);
  switch (step[0] % 5) {
    case 0:
      if (offset < content.size()) {
        content[offset] = static_cast<char>(content[offset] ^ step[3]);
      }
      break;
    case 1:
      content.resize(offset);
      break;
    case 2:
      content.replace(offset, length, std::string(length, '\0'));
      break;
    case 3:  // bytes that were somewhere else come again
      content.append(contents->front().substr(offset % (contents->front().size() + 1), step[3]));
      break;
    default:  // a shift: nothing behind is where it was
      content.erase(offset, length);
      break;
  }
}

// Replays `contents` and checks what holds for any bytes.
void Check(const std::vector<std::string>& contents, bool sound_payloads) {
  testing::FaultyFileSystem fs;
  for (size_t i = 0; i < contents.size(); ++i) {
    fs.SetContent(SegmentPath(kDir, i + 1), contents[i]);
  }
  uint64_t last = 0;
  uint64_t records = 0;
  const auto report =
      ReplayJournal(&fs, kDir, [&](const RecordPosition& at, std::string_view payload) {
        TIDEMARK_CHECK(at.sequence > last || records == 0, "{} after {}", at.sequence, last);
        TIDEMARK_CHECK(!sound_payloads || payload == PayloadOf(at.sequence), "{}", at.sequence);
        last = at.sequence;
        ++records;
        return absl::OkStatus();
      });
  if (!report.ok()) {
    return;
  }
  TIDEMARK_CHECK(report->records == records);
  TIDEMARK_CHECK(report->next.segment == contents.size() + 1);
  TIDEMARK_CHECK(records == 0 || report->next.sequence > last);
  for (const Damage& damage : report->damage) {
    TIDEMARK_CHECK(damage.offset + damage.length <= contents.at(damage.segment - 1).size(),
                   "segment {} at {}+{}: {}", damage.segment, damage.offset, damage.length,
                   damage.cause);
  }
}

}  // namespace
}  // namespace tidemark::storage

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using tidemark::storage::Change;
  using tidemark::storage::Check;
  if (size == 0) {
    return 0;
  }
  if (data[0] % 2 == 0) {
    Check({std::string(reinterpret_cast<const char*>(data + 1), size - 1)}, false);
    return 0;
  }
  static const std::vector<std::string> sound = tidemark::storage::WriteSoundJournal();
  std::vector<std::string> contents = sound;
  for (size_t i = 1; i + 4 <= size; i += 4) {
    Change(data + i, &contents);
  }
  Check(contents, true);
  return 0;
}
