#include "alert/unittest/internal/differences.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "fmt/format.h"
#include "query/engine/number_text.h"

namespace tidemark::alert {
namespace {

using Lines = std::vector<std::string>;

std::string PairsText(const TextPairs& pairs) {
  std::string text;
  for (const auto& [name, value] : pairs) {
    text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ", ", name, value);
  }
  return fmt::format("{{{}}}", text);
}

std::string AlertText(const ExpectedAlert& alert) {
  std::string text = PairsText(alert.labels);
  if (!alert.annotations.empty()) {
    text += fmt::format(" annotations {}", PairsText(alert.annotations));
  }
  return text;
}

std::string_view TextOf(const TextPairs& pairs, std::string_view name) {
  const auto found = std::find_if(pairs.begin(), pairs.end(),
                                  [&](const auto& pair) { return pair.first == name; });
  return found == pairs.end() ? std::string_view("(none)") : std::string_view(found->second);
}

// Two alerts with the same labels: only what differs in their annotations.
void CompareAnnotations(const ExpectedAlert& expected, const ExpectedAlert& actual, Lines* lines) {
  lines->push_back(fmt::format("  {} has other annotations:", PairsText(expected.labels)));
  std::vector<std::string> names;
  for (const TextPairs* pairs : {&expected.annotations, &actual.annotations}) {
    for (const auto& [name, text] : *pairs) {
      names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (const std::string& name : names) {
    const std::string_view wanted = TextOf(expected.annotations, name);
    const std::string_view found = TextOf(actual.annotations, name);
    if (wanted != found) {
      lines->push_back(fmt::format("  - {}: {}", name, wanted));
      lines->push_back(fmt::format("  + {}: {}", name, found));
    }
  }
}

// Takes out of both what is in both.
void DropCommon(std::vector<ExpectedAlert>* a, std::vector<ExpectedAlert>* b) {
  std::erase_if(*a, [&](const ExpectedAlert& alert) {
    const auto same = std::find(b->begin(), b->end(), alert);
    if (same == b->end()) {
      return false;
    }
    b->erase(same);
    return true;
  });
}

bool SameValue(double a, double b, bool fuzzy) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  return a == b || (fuzzy && (std::nextafter(a, kInf) == b || std::nextafter(a, -kInf) == b));
}

std::string SampleText(const model::Labels& labels, double value) {
  return fmt::format("{} {}", labels.ToString(), query::GeneralText(value));
}

bool ByLabels(const auto& a, const auto& b) { return model::Compare(a.labels, b.labels) < 0; }

}  // namespace

Lines CompareAlerts(std::vector<ExpectedAlert> expected, std::vector<ExpectedAlert> actual) {
  DropCommon(&expected, &actual);
  Lines lines;
  for (const ExpectedAlert& alert : expected) {
    const auto twin = std::find_if(actual.begin(), actual.end(), [&](const ExpectedAlert& other) {
      return other.labels == alert.labels;
    });
    if (twin == actual.end()) {
      lines.push_back("- " + AlertText(alert));
    } else {
      CompareAnnotations(alert, *twin, &lines);
      actual.erase(twin);
    }
  }
  for (const ExpectedAlert& alert : actual) {
    lines.push_back("+ " + AlertText(alert));
  }
  return lines;
}

Lines CompareSamples(std::vector<NotedSample> expected, std::vector<query::VectorSample> actual,
                     bool fuzzy) {
  std::stable_sort(expected.begin(), expected.end(), ByLabels<NotedSample, NotedSample>);
  std::stable_sort(actual.begin(), actual.end(),
                   ByLabels<query::VectorSample, query::VectorSample>);
  Lines lines;
  size_t i = 0;
  size_t j = 0;
  while (i < expected.size() || j < actual.size()) {
    const bool take_expected =
        j == actual.size() || (i < expected.size() && !ByLabels(actual[j], expected[i]));
    const bool take_actual =
        i == expected.size() || (j < actual.size() && !ByLabels(expected[i], actual[j]));
    const bool same =
        take_expected && take_actual && SameValue(expected[i].value, actual[j].value, fuzzy);
    if (take_expected) {
      if (!same) {
        lines.push_back("- " + SampleText(expected[i].labels, expected[i].value));
      }
      ++i;
    }
    if (take_actual) {
      if (!same) {
        lines.push_back("+ " + SampleText(actual[j].labels, actual[j].value));
      }
      ++j;
    }
  }
  return lines;
}

}  // namespace tidemark::alert
