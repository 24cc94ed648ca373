#include "ingest/series_predictor.h"

#include <cstddef>

namespace tidemark::ingest {
namespace {

using storage::HeadSeries;
using storage::SeriesRef;

// How many series ahead the series is fetched, and then its labels.
constexpr SeriesRef kSeriesAhead = 12;
constexpr SeriesRef kLabelsAhead = 6;
constexpr size_t kCacheLine = 64;

void PrefetchLabels(const HeadSeries& series) {
  const std::string_view bytes = series.label_bytes();
  for (size_t i = 0; i < bytes.size(); i += kCacheLine) {
    __builtin_prefetch(bytes.data() + i);
  }
}

}  // namespace

SeriesGuesser::Guess SeriesPredictor::Next() {
  if (!corrected_) [[likely]] {
    wrong_ = 0;
    ++guess_;
  }
  corrected_ = false;
  if (GivenUp()) [[unlikely]] {
    return {};
  }
  if (const HeadSeries* ahead = session_.series(guess_ + kSeriesAhead); ahead != nullptr) {
    __builtin_prefetch(ahead);
  }
  if (const HeadSeries* ahead = session_.series(guess_ + kLabelsAhead); ahead != nullptr) {
    PrefetchLabels(*ahead);
  }
  HeadSeries* const guess = session_.series(guess_);
  return guess == nullptr ? Guess{} : Guess{guess->label_bytes(), guess};
}

void* SeriesPredictor::Correct(std::string_view label_bytes) {
  corrected_ = true;
  ++wrong_;
  if (GivenUp()) {
    return nullptr;  // it is looked up later, together with its neighbours
  }
  const storage::SeriesTable& table = session_.table();
  HeadSeries* const series = table.Find(label_bytes, table.Hash(label_bytes));
  if (series != nullptr) {
    guess_ = series->ref() + 1;
  }  // else a new series among known ones: the guess may be right for the one behind it
  return series;
}

}  // namespace tidemark::ingest
