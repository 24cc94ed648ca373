// Routes of questions that are answered on the I/O thread when that is likely to be quick, and on a
// pool otherwise.
//
// Handing a request to a pool and its answer back takes two changes of threads, which cost more
// than evaluating a small query does. So what was answered soon when it was last asked is first
// tried where the request was read, under these conditions:
//   1. Only memory is read, by that thread alone: see storage::Selection::memory_only.
//   2. An evaluation ends after kQuickTimeoutMs, whatever it has by then.
//   3. The request is short, so that reading its parameters is nothing.
// If it cannot be answered so, it goes to the pool as if it had not been tried.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "server/api/backend.h"
#include "server/http/form.h"
#include "server/http/route.h"

namespace tidemark::server {

inline constexpr int64_t kQuickTimeoutMs = 2;

// QuickQuestions remembers of questions, given as hashes, whether they were answered soon when they
// were last asked. Others that fall into the same place are forgotten. Thread-safe, without locks.
class QuickQuestions {
 public:
  // What a write request of some thousand samples takes on an I/O thread.
  static constexpr int64_t kQuickNanos = 500'000;

  // Whether the question is worth a try on the I/O thread.
  bool Expects(uint64_t question) const;
  void NoteAnswer(uint64_t question, int64_t nanos);
  // The try was in vain. The next one is made after some more soon answers from the pool.
  void NoteInVain(uint64_t question);

 private:
  static constexpr uint64_t kCount = 15;
  static constexpr size_t kPlaces = 1024;

  static uint64_t NameOf(uint64_t question) { return (question | (kCount + 1)) & ~kCount; }
  static size_t PlaceOf(uint64_t question) { return (question >> 32) % kPlaces; }

  // By place: the name of a question, and in the lowest bits how many soon answers are wanted
  // before the next try; 0: nothing is known. Writers and readers: all that answer. A guess;
  // publishes nothing.
  std::array<std::atomic<uint64_t>, kPlaces> places_{};
};

// Answers a question. With `memory_only` as said above, and gives nothing where that is not enough;
// without it there is always an answer.
using QuestionHandler = std::function<std::optional<HttpResponse>(
    const ApiBackend&, const HttpRequest&, const FormValues&, bool memory_only)>;

// Whether a failure with `memory_only` only says that more than memory, or than the time there is,
// is needed.
bool NeedsWorker(const absl::Status& status);

// Makes `handler` that of `route`. Two requests ask the same question if the parameters `query`,
// `match[]`, `step` and that of the path are the same, and from start to end it is as long.
void SetQuestionHandler(QuestionHandler handler, const BackendSlot* slot, Route* route);

}  // namespace tidemark::server
