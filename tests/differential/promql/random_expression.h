// RandomExpression writes well-typed expressions over the series of random_series.h.
//
// Where two correct servers may differ it takes care not to let them: a number that depends on
// the order of additions is never compared, rounded or counted, and of equal values topk is never
// asked for one. What a version answers differently is written nevertheless, and noted.
//
// Thread-compatible. A seed gives one expression.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/differential/promql/random_choice.h"
#include "tests/differential/promql/version_differences.h"

namespace tidemark::differential {

struct ExpressionOptions {
  Version reference;        // only what this version knows is written
  bool on_samples = false;  // evaluation times fall on samples of `grid`
};

class RandomExpression {
 public:
  RandomExpression(uint64_t seed, const ExpressionOptions& options)
      : random_(seed), options_(options) {}

  // The expression: a vector mostly, sometimes a scalar. Called once.
  std::string Write();

  // What differs between versions and occurs in the expression.
  const std::bitset<kVersionDifferences>& differences() const { return differences_; }

 private:
  // How far two servers agree about a number.
  enum class Precision {
    kExact,    // a small multiple of 1/8: sums are exact, too
    kSame,     // one rounding, the same everywhere
    kRounded,  // many roundings, in any order
  };

  void Note(VersionDifference difference) { differences_.set(static_cast<size_t>(difference)); }

  // An instant vector whose numbers are at least as precise as `worst`.
  std::string Vector(int depth, Precision worst);
  std::string ExactVector(int depth);
  std::string SameVector(int depth);
  std::string RoundedVector(int depth);

  std::string Selector();
  std::string Metric();
  std::string Counter();
  std::string TimeShift();
  std::string Range(std::string_view selector, int64_t min_seconds);
  std::string Subquery(int depth, Precision worst);
  std::string Window(int depth, Precision worst);
  std::string GrowthWindow(int depth);

  struct Operation {
    std::string op;
    std::string operand;
  };
  std::string Aggregation(const Operation& operation);
  std::string Grouping();
  std::string LargestOfDistinct();
  std::string Matching(bool set_operator);
  std::string Arithmetic(int depth, std::string_view op, Precision worst);
  std::string Comparison(int depth);
  std::string SetOperation(int depth, Precision worst);
  std::string OfLabels(int depth, Precision worst);
  std::string Deviation(int depth);
  std::string TimeOf(const std::string& operand);
  std::string Prediction(int depth);
  std::string Newer(int depth);
  std::string HistogramQuantile();
  std::string Scalar(int depth);
  std::string SmallNumber();
  std::string Quantile();
  bool Knows(std::string_view function) const;

  RandomChoice random_;
  const ExpressionOptions options_;
  std::bitset<kVersionDifferences> differences_;
  int subqueries_ = 0;  // around the place being written
};

}  // namespace tidemark::differential
