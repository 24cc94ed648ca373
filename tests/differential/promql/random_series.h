// The series both servers hold: counters with resets, gauges, classic histograms, values that are
// not finite; with gaps, stale markers, and scrapes that are out of phase.
//
// No sample but those of the metric `grid` lies at a whole or a half second: expressions whose
// times are half seconds, and whose ranges and offsets are whole ones, never see a sample exactly
// at the end of a range. Numbers are multiples of 1/8 and small, so that sums of them are exact
// in any order. Plain functions of the seed.
#pragma once

#include <cstdint>
#include <vector>

#include "model/sample.h"
#include "tests/testing/write_request.h"

namespace tidemark::differential {

// What all samples lie in.
inline constexpr model::Timestamp kDataStart = 1'700'000'100'000;
inline constexpr int64_t kDataMs = 3'600'000;

std::vector<testing::SentSeries> RandomSeries(uint64_t seed);

}  // namespace tidemark::differential
