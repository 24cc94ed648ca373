// Quantiles and fractions of a histogram kept as one series per bucket. Pure functions.
#pragma once

#include <vector>

namespace tidemark::query {

// Observations up to and including `upper_bound`.
struct Bucket {
  double upper_bound = 0;
  double count = 0;  // cumulative
};

// What was wrong with the buckets, and how far.
struct BucketRepair {
  bool repaired = false;  // a count fell by more than rounding explains and was raised
  double first_bound = 0;
  double last_bound = 0;
  double max_difference = 0;
};

// The q-quantile, linear inside a bucket. NaN when there are fewer than two buckets, none of them
// reaches +Inf, or nothing was observed. Reorders and merges `buckets`.
double BucketQuantile(double q, std::vector<Bucket>* buckets, BucketRepair* repair);

// The share of observations between `lower` and `upper`. Reorders and merges `buckets`.
double BucketFraction(double lower, double upper, std::vector<Bucket>* buckets);

}  // namespace tidemark::query
