// SeriesGuesser tells the scanner which series it probably reads next.
//
// A sender repeats its order scrape after scrape. Where the labels of a TimeSeries are the bytes
// that were guessed, and only samples follow, the scanner need not read them label by label, and
// nobody need look the series up. A wrong guess costs one comparison; no guess, however wrong,
// changes what the scanner finds in a request. Thread-compatible.
#pragma once

#include <string_view>

namespace tidemark::ingest {

class SeriesGuesser {
 public:
  struct Guess {
    std::string_view label_bytes;  // canonical; empty: no guess
    void* series = nullptr;        // becomes ScannedSeries::known if the guess is right
  };

  virtual ~SeriesGuesser() = default;

  // The series expected behind the one before. The guess before was right unless Correct was
  // called since.
  virtual Guess Next() = 0;

  // The guess was wrong; these bytes came instead. Gives their series, or null when it is unknown
  // or was not looked for.
  virtual void* Correct(std::string_view label_bytes) = 0;
};

}  // namespace tidemark::ingest
