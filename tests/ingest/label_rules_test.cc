#include "ingest/label_rules.h"

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status_macros.h"
#include "proto/prometheus/remote_write.pb.h"

namespace tidemark::ingest {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string Wire(const Pairs& labels) {
  std::string bytes;
  for (const auto& [name, value] : labels) {
    model::AppendLabel(name, value, &bytes);
  }
  return bytes;
}

void ExpectLabels(std::string_view wire, const Pairs& expected) {
  const absl::StatusOr<model::Labels> labels = Canonicalize(wire, LabelLimits());
  ASSERT_TRUE(labels.ok()) << labels.status();
  EXPECT_EQ(*labels, model::Labels::Of(expected)) << labels->ToString();
  EXPECT_TRUE(model::IsCanonical(labels->bytes()));
}

std::string Refusal(std::string_view wire, const LabelLimits& limits = LabelLimits()) {
  const absl::StatusOr<model::Labels> labels = Canonicalize(wire, limits);
  EXPECT_EQ(labels.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(base::Message(labels.status()));
}

TEST(Canonicalize, KeepsTheBytesOfLabelsInGoodOrder) {
  const std::string wire = Wire({{"__name__", "up"}, {"instance", "db-1:20180"}, {"job", "tikv"}});
  const absl::StatusOr<model::Labels> labels = Canonicalize(wire, LabelLimits());
  ASSERT_TRUE(labels.ok()) << labels.status();
  EXPECT_EQ(labels->bytes(), wire);
}

TEST(Canonicalize, SortsLabelsInAnyOrder) {
  Pairs pairs;
  for (int i = 0; i < 60; ++i) {
    pairs.emplace_back("label_" + std::to_string(i), std::to_string(i));
  }
  pairs.emplace_back("__name__", "up");
  std::mt19937 rng(3);
  for (int round = 0; round < 50; ++round) {
    std::shuffle(pairs.begin(), pairs.end(), rng);
    ExpectLabels(Wire(pairs), pairs);
  }
}

TEST(Canonicalize, DropsLabelsWithEmptyValues) {
  ExpectLabels(Wire({{"a", ""}, {"__name__", "up"}, {"job", "x"}, {"zone", ""}}),
               {{"__name__", "up"}, {"job", "x"}});
  // Dropped before names are compared.
  ExpectLabels(Wire({{"__name__", "up"}, {"a", ""}, {"a", "1"}}), {{"__name__", "up"}, {"a", "1"}});
}

TEST(Canonicalize, ReadsEveryEncodingOfALabel) {
  const std::string name = Wire({{"__name__", "up"}});
  // Value before name; an unknown field; the last of two values; a length in two bytes.
  ExpectLabels(name + "\x0a\x06\x12\x01v\x0a\x01n", {{"__name__", "up"}, {"n", "v"}});
  ExpectLabels(name + "\x0a\x08\x0a\x01n\x18\x05\x12\x01v", {{"__name__", "up"}, {"n", "v"}});
  ExpectLabels(name + "\x0a\x09\x0a\x01n\x12\x01o\x12\x01v", {{"__name__", "up"}, {"n", "v"}});
  ExpectLabels(name + std::string("\x0a\x86\x00\x0a\x01n\x12\x01v", 9),
               {{"__name__", "up"}, {"n", "v"}});
  ExpectLabels(name + "\x0a\x03\x0a\x01n", {{"__name__", "up"}});
}

TEST(Canonicalize, AcceptsAnyUtf8NamesAndValues) {
  const Pairs pairs = {{"__name__", "höhe über.null"},
                       {"a b", "line\nbreak \"q\""},
                       {"日本", "\xf0\x9f\x8c\x8a"},
                       {"z", std::string("\0", 1)}};
  ExpectLabels(Wire(pairs), pairs);
}

TEST(Canonicalize, RefusesSeriesWithoutMetricName) {
  EXPECT_EQ(Refusal(Wire({{"job", "tikv"}})),
            "series {job=\"tikv\"}: no metric name (label __name__)");
  EXPECT_EQ(Refusal(""), "series {}: no metric name (label __name__)");
  EXPECT_THAT(Refusal(Wire({{"__name__", ""}, {"a", "1"}})), HasSubstr("no metric name"));
}

TEST(Canonicalize, RefusesRepeatedNames) {
  EXPECT_EQ(Refusal(Wire({{"__name__", "up"}, {"a", "2"}, {"b", "3"}, {"a", "1"}})),
            "series up{a=\"2\", a=\"1\", b=\"3\"}: label name \"a\" occurs more than once");
  EXPECT_THAT(Refusal(Wire({{"__name__", "up"}, {"a", "1"}, {"a", "1"}})),
              HasSubstr("more than once"));
}

TEST(Canonicalize, RefusesEmptyNames) {
  EXPECT_EQ(Refusal(Wire({{"__name__", "up"}, {"", "x"}})),
            "series up{=\"x\"}: a label with value \"x\" has an empty name");
  EXPECT_THAT(Refusal(Wire({{"__name__", "up"}, {"", ""}})), HasSubstr("empty name"));
}

TEST(Canonicalize, RefusesTextsThatAreNotUtf8) {
  EXPECT_EQ(Refusal(Wire({{"__name__", "up"}, {"a", "x\xff"}})),
            "series up{a=\"x\\xff\"}: the value of label \"a\" is not valid UTF-8");
  EXPECT_THAT(Refusal(Wire({{"__name__", "up"}, {"a\xc0", "x"}})),
              HasSubstr("label name \"a\\xc0\" is not valid UTF-8"));
  EXPECT_THAT(Refusal(Wire({{"__name__", "\xed\xa0\x80"}})), HasSubstr("not valid UTF-8"));
}

TEST(Canonicalize, HoldsNamesValuesAndCountAgainstTheLimits) {
  const LabelLimits limits = {.max_name_bytes = 10, .max_value_bytes = 5, .max_labels = 3};
  const Pairs name = {{"__name__", "up"}};
  const auto with = [&](Pairs more) {
    more.insert(more.begin(), name.begin(), name.end());
    return Wire(more);
  };
  EXPECT_TRUE(Canonicalize(with({{std::string(10, 'n'), "12345"}}), limits).ok());
  EXPECT_THAT(Refusal(with({{std::string(11, 'n'), "1"}}), limits),
              HasSubstr("has 11 bytes, more than the limit of 10"));
  EXPECT_THAT(Refusal(with({{"a", "123456"}}), limits),
              HasSubstr("the value of label \"a\" has 6 bytes, more than the limit of 5"));
  EXPECT_TRUE(Canonicalize(with({{"a", "1"}, {"b", "1"}, {"c", ""}}), limits).ok());
  EXPECT_THAT(Refusal(with({{"a", "1"}, {"b", "1"}, {"c", "1"}}), limits),
              HasSubstr("more than 3 labels"));
}

TEST(Canonicalize, RefusesAHundredKilobytesInOneValue) {
  EXPECT_THAT(Refusal(Wire({{"__name__", "up"}, {"a", std::string(100000, 'x')}})),
              HasSubstr("has 100000 bytes"));
  EXPECT_TRUE(Canonicalize(Wire({{"__name__", "up"}, {"a", std::string(65536, 'x')}}), {}).ok());
}

TEST(Canonicalize, ShortensTheSeriesInItsErrors) {
  Pairs pairs = {{"__name__", std::string(500, 'n')}};
  for (int i = 0; i < 100; ++i) {
    pairs.emplace_back("label_" + std::to_string(i), "日本" + std::string(500, 'x'));
  }
  pairs.emplace_back("label_7", "again");
  const std::string text = Refusal(Wire(pairs));
  EXPECT_LT(text.size(), 500U);
  EXPECT_THAT(text, HasSubstr("...}: label name \"label_7\" occurs more than once"));
  EXPECT_THAT(text, HasSubstr("日本"));
  EXPECT_THAT(text, Not(HasSubstr("\\x")));
}

TEST(Canonicalize, NeverCutsACharacterInItsErrors) {
  for (size_t before = 55; before < 70; ++before) {
    for (const std::string character : {"é", "日", "\xf0\x9f\x8c\x8a"}) {
      std::string value(before, 'x');
      for (int i = 0; i < 10; ++i) {
        value += character;
      }
      EXPECT_THAT(Refusal(Wire({{"a", value}})), Not(HasSubstr("\\x"))) << before;
    }
  }
}

TEST(Canonicalize, RefusesBytesThatAreNoLabels) {
  EXPECT_THAT(Refusal("\x12\x02\x10\x01"), HasSubstr("expected a label at byte 0"));
  const std::string whole = Wire({{"__name__", "up"}});
  for (size_t n = 1; n < whole.size(); ++n) {
    EXPECT_THAT(Refusal(whole.substr(0, n)), HasSubstr("malformed labels")) << n;
  }
}

TEST(Canonicalize, AgreesWithTheLibraryOnRandomLabels) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    std::mt19937 rng(seed);
    prometheus::TimeSeries series;
    Pairs expected;
    bool repeated = false;
    for (auto i = rng() % 6; i > 0; --i) {
      const std::string name = std::string(1, static_cast<char>('a' + rng() % 5));
      const std::string value = rng() % 4 == 0 ? "" : std::to_string(rng());
      prometheus::Label* label = series.add_labels();
      label->set_name(name);
      label->set_value(value);
      if (!value.empty()) {
        repeated |= std::ranges::any_of(expected, [&](auto& pair) { return pair.first == name; });
        expected.emplace_back(name, value);
      }
    }
    series.add_labels()->set_name("__name__");
    series.mutable_labels()->rbegin()->set_value("m");
    expected.emplace_back("__name__", "m");
    const absl::StatusOr<model::Labels> labels =
        Canonicalize(series.SerializeAsString(), LabelLimits());
    ASSERT_EQ(labels.ok(), !repeated) << "seed " << seed << ": " << labels.status();
    if (labels.ok()) {
      ASSERT_EQ(*labels, model::Labels::Of(expected)) << "seed " << seed;
    }
  }
}

TEST(IsPlainCanonical, KnowsWhatSendersUsuallyWrite) {
  EXPECT_TRUE(IsPlainCanonical(
      Wire({{"__name__", "up"}, {"instance", "db-1:20180"}, {"job", "tikv"}}), LabelLimits()));
  EXPECT_TRUE(IsPlainCanonical(
      Wire({{"Upper", "case"}, {"__name__", "up"}, {"job", std::string(100, 'x')}}),
      LabelLimits()));
}

TEST(IsPlainCanonical, LeavesTheRestToCanonicalize) {
  const auto plain = [](const Pairs& labels) {
    return IsPlainCanonical(Wire(labels), LabelLimits());
  };
  EXPECT_FALSE(plain({}));
  EXPECT_FALSE(plain({{"job", "tikv"}}));
  EXPECT_FALSE(plain({{"job", "tikv"}, {"__name__", "up"}}));
  EXPECT_FALSE(plain({{"__name__", "up"}, {"job", "a"}, {"job", "b"}}));
  EXPECT_FALSE(plain({{"__name__", "up"}, {"job", ""}}));
  EXPECT_FALSE(plain({{"__name__", "up"}, {"", "tikv"}}));
  EXPECT_FALSE(plain({{"__name__", "up"}, {"job", "\xff"}}));
  EXPECT_FALSE(plain({{"__name__", "up"}, {"job", std::string(200, 'x')}}));
  const std::string wire = Wire({{"__name__", "up"}, {"job", "tikv"}});
  EXPECT_FALSE(IsPlainCanonical(wire, {.max_name_bytes = 7}));
  EXPECT_FALSE(IsPlainCanonical(wire, {.max_value_bytes = 3}));
  EXPECT_FALSE(IsPlainCanonical(wire, {.max_labels = 1}));
}

TEST(IsPlainCanonical, TakesOnlyWhatCanonicalizeLeavesAsItIs) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const std::string wire = Wire({{"__name__", "up"}, {"a", "b"}, {"c", "de"}, {"job", "tikv"}});
  size_t taken = 0;
  for (int round = 0; round < 100'000; ++round) {
    std::string bytes = wire;
    bytes[random() % bytes.size()] = static_cast<char>(random() % 140);
    bytes.resize(random() % 8 == 0 ? random() % bytes.size() : bytes.size());
    if (IsPlainCanonical(bytes, LabelLimits())) {
      ++taken;
      const absl::StatusOr<model::Labels> labels = Canonicalize(bytes, LabelLimits());
      ASSERT_TRUE(labels.ok()) << labels.status();
      ASSERT_EQ(labels->bytes(), bytes);
    }
  }
  EXPECT_GT(taken, 1000u);
}

}  // namespace
}  // namespace tidemark::ingest
