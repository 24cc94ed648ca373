// SeriesPredictor guesses that a request's series come in the order in which they were registered.
//
// Series are numbered as requests bring them, so what a sender repeats has consecutive refs: a
// wrong guess is due only where one target's series end and another's begin, where a request
// begins, and where a series is new. Each is then looked up. After several wrong guesses in a row
// the order is no order: it gives up but for a try now and then.
//
// Every call of Next also fetches what a guess a few series ahead will touch. Owned by one I/O
// thread and used between Begin and Commit of its WriteSession. Thread-compatible.
#pragma once

#include <cstdint>
#include <string_view>

#include "ingest/series_guesser.h"
#include "storage/write_session.h"

namespace tidemark::ingest {

class SeriesPredictor final : public SeriesGuesser {
 public:
  // `session` must outlive the predictor.
  explicit SeriesPredictor(const storage::WriteSession* session) : session_(*session) {}

  Guess Next() override;
  void* Correct(std::string_view label_bytes) override;

 private:
  // Wrong guesses in a row after which most are not made, and how often one is tried then.
  static constexpr uint32_t kPatience = 8;
  static constexpr uint32_t kTryEvery = 32;

  bool GivenUp() const { return wrong_ > kPatience && wrong_ % kTryEvery != 0; }

  const storage::WriteSession& session_;
  storage::SeriesRef guess_ = 1;
  uint32_t wrong_ = 0;     // guesses in a row, those not made included
  bool corrected_ = true;  // whether the last guess was wrong
};

}  // namespace tidemark::ingest
