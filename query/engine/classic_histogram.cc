#include "query/engine/classic_histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tidemark::query {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Relative difference of neighbouring counts that is taken for a rounding error.
constexpr double kRoundingTolerance = 1e-12;

// Sorts by bound and adds up buckets that share one. False when the last is not +Inf.
bool Normalize(std::vector<Bucket>* buckets) {
  std::stable_sort(buckets->begin(), buckets->end(),
                   [](const Bucket& a, const Bucket& b) { return a.upper_bound < b.upper_bound; });
  if (buckets->empty() || buckets->back().upper_bound != kInf) {
    return false;
  }
  size_t kept = 0;
  for (size_t i = 1; i < buckets->size(); ++i) {
    if ((*buckets)[i].upper_bound == (*buckets)[kept].upper_bound) {
      (*buckets)[kept].count += (*buckets)[i].count;
    } else {
      (*buckets)[++kept] = (*buckets)[i];
    }
  }
  buckets->resize(kept + 1);
  return true;
}

bool AlmostEqual(double a, double b) {
  return a == b || std::abs(a - b) / (std::abs(a) + std::abs(b)) <= kRoundingTolerance;
}

// Raises every count to at least the one before.
void MakeMonotonic(std::vector<Bucket>* buckets, BucketRepair* repair) {
  double before = (*buckets)[0].count;
  for (size_t i = 1; i < buckets->size(); ++i) {
    Bucket& bucket = (*buckets)[i];
    if (AlmostEqual(bucket.count, before)) {
      bucket.count = before;
    } else if (bucket.count < before) {
      if (!repair->repaired) {
        repair->first_bound = bucket.upper_bound;
      }
      repair->repaired = true;
      repair->last_bound = bucket.upper_bound;
      repair->max_difference = std::max(repair->max_difference, before - bucket.count);
      bucket.count = before;
    } else {
      before = bucket.count;
    }
  }
}

// The cumulative count at `v`, which lies inside bucket `i` that has `below` observations in
// front of it.
double RankInside(const std::vector<Bucket>& buckets, size_t i, double below, double v) {
  const Bucket& bucket = buckets[i];
  if (i == 0 && bucket.upper_bound <= 0) {
    return bucket.count;
  }
  const double lower = i == 0 ? 0 : buckets[i - 1].upper_bound;
  if (v <= lower) {
    return below;
  }
  return below + (bucket.count - below) * ((v - lower) / (bucket.upper_bound - lower));
}

double RankOf(const std::vector<Bucket>& buckets, double v) {
  double below = 0;
  double lower = -kInf;
  for (size_t i = 0; i < buckets.size(); ++i) {
    if (lower >= v) {
      return below;
    }
    if (buckets[i].upper_bound > v) {
      return std::min(RankInside(buckets, i, below, v), buckets.back().count);
    }
    below = buckets[i].count;
    lower = buckets[i].upper_bound;
  }
  return buckets.back().count;
}

}  // namespace

double BucketQuantile(double q, std::vector<Bucket>* buckets, BucketRepair* repair) {
  if (std::isnan(q)) {
    return kNan;
  }
  if (q < 0 || q > 1) {
    return q < 0 ? -kInf : kInf;
  }
  if (!Normalize(buckets)) {
    return kNan;
  }
  MakeMonotonic(buckets, repair);
  const double total = buckets->back().count;
  if (buckets->size() < 2 || total == 0 || std::isnan(total)) {
    return kNan;
  }
  double rank = q * total;
  const auto last = buckets->end() - 1;
  const auto bucket =
      std::find_if(buckets->begin(), last, [rank](const Bucket& b) { return b.count >= rank; });
  if (bucket == last) {
    return (last - 1)->upper_bound;
  }
  if (bucket == buckets->begin()) {
    return bucket->upper_bound <= 0 ? bucket->upper_bound
                                    : bucket->upper_bound * (rank / bucket->count);
  }
  const Bucket& before = *(bucket - 1);
  rank -= before.count;
  return before.upper_bound +
         (bucket->upper_bound - before.upper_bound) * (rank / (bucket->count - before.count));
}

double BucketFraction(double lower, double upper, std::vector<Bucket>* buckets) {
  if (!Normalize(buckets)) {
    return kNan;
  }
  const double total = buckets->back().count;
  if (total == 0 || std::isnan(total) || std::isnan(lower) || std::isnan(upper)) {
    return kNan;
  }
  return lower >= upper ? 0 : (RankOf(*buckets, upper) - RankOf(*buckets, lower)) / total;
}

}  // namespace tidemark::query
