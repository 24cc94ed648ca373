// Columns as monitored systems make them, and as nobody should: input for tests and benchmarks of
// the chunk codecs. A shape is a name and a function of a size and a random source.
#pragma once

#include <cstddef>
#include <random>
#include <span>
#include <string_view>
#include <vector>

#include "model/sample.h"

namespace tidemark::testing {

struct ValueShape {
  std::string_view name;
  std::vector<double> (*make)(size_t count, std::mt19937_64* random);
};
std::span<const ValueShape> ValueShapes();

struct TimeShape {
  std::string_view name;
  // Strictly ascending, and for up to 1,440 times inside one bucket.
  std::vector<model::Timestamp> (*make)(size_t count, std::mt19937_64* random);
};
std::span<const TimeShape> TimeShapes();

}  // namespace tidemark::testing
