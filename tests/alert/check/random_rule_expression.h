// Random expressions over a few metrics with a few labels, of the kinds that rules are made of.
#pragma once

#include <random>
#include <string>
#include <vector>

namespace tidemark::alert {

class RandomRuleExpression {
 public:
  explicit RandomRuleExpression(std::mt19937* random) : random_(random) {}

  // The text of an instant vector, `depth` operators deep at most.
  std::string Vector(int depth);

 private:
  size_t Below(size_t n) { return (*random_)() % n; }
  std::string Pick(const std::vector<std::string>& choices) {
    return choices[Below(choices.size())];
  }
  std::string Labels();
  std::string Selector();
  std::string Aggregation(int depth);
  std::string Join(int depth);
  std::string Call(int depth);
  std::string Comparison(int depth);

  std::mt19937* const random_;
};

}  // namespace tidemark::alert
