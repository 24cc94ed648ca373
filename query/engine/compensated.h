// Sums that keep what rounding would lose: 1e100 + 1 - 1e100 is 1.
#pragma once

#include <cmath>
#include <cstddef>

namespace tidemark::query {

// CompensatedSum is Neumaier's variant of Kahan's sum. An infinite sum drops its compensation, so
// infinities behave as in plain addition. Thread-compatible.
class CompensatedSum {
 public:
  CompensatedSum() = default;
  explicit CompensatedSum(double sum, double lost = 0) : sum_(sum), lost_(lost) {}

  // Without branches: which of the two is larger is hard to guess where many series are summed, and
  // several sums can be added to at once.
  void Add(double x) {
    const double next = sum_ + x;
    const bool x_is_smaller = std::abs(sum_) >= std::abs(x);
    const double larger = x_is_smaller ? sum_ : x;
    const double smaller = x_is_smaller ? x : sum_;
    const double lost = lost_ + ((larger - next) + smaller);
    lost_ = std::isinf(next) ? 0 : lost;
    sum_ = next;
  }

  double Value() const { return sum_ + lost_; }
  double sum() const { return sum_; }
  double lost() const { return lost_; }

 private:
  double sum_ = 0;
  double lost_ = 0;
};

// Mean of the values added: their compensated sum over their number; where that sum would
// overflow, a running mean from there on. Thread-compatible.
class CompensatedMean {
 public:
  void Add(double x) {
    count_ += 1;
    if (count_ == 1) {
      total_ = CompensatedSum(x);
      return;
    }
    if (!running_ && AddToSum(x)) {
      return;
    }
    const double kept = (count_ - 1) / count_;
    total_ = CompensatedSum(kept * total_.sum(), kept * total_.lost());
    total_.Add(x / count_);
  }

  // REQUIRES: something was added.
  double Value() const {
    return running_ ? total_.Value() : total_.sum() / count_ + total_.lost() / count_;
  }

 private:
  // False, and from then on a running mean, when the sum leaves the range of a double.
  bool AddToSum(double x) {
    CompensatedSum next = total_;
    next.Add(x);
    if (!std::isinf(next.sum())) {
      total_ = next;
      return true;
    }
    running_ = true;
    total_ = CompensatedSum(total_.sum() / (count_ - 1), total_.lost() / (count_ - 1));
    return false;
  }

  double count_ = 0;
  bool running_ = false;
  CompensatedSum total_;
};

}  // namespace tidemark::query
