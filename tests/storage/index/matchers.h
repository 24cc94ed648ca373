// Matchers in few letters.
#pragma once

#include <string>

#include "gtest/gtest.h"
#include "model/matcher.h"

namespace tidemark::storage {

inline model::Matcher MakeMatcher(model::MatchType type, std::string name, std::string value) {
  auto matcher = model::Matcher::Create(type, std::move(name), std::move(value));
  EXPECT_TRUE(matcher.ok()) << matcher.status();
  return *std::move(matcher);
}
inline model::Matcher Eq(std::string name, std::string value) {
  return MakeMatcher(model::MatchType::kEqual, std::move(name), std::move(value));
}
inline model::Matcher Ne(std::string name, std::string value) {
  return MakeMatcher(model::MatchType::kNotEqual, std::move(name), std::move(value));
}
inline model::Matcher Re(std::string name, std::string value) {
  return MakeMatcher(model::MatchType::kRegexp, std::move(name), std::move(value));
}
inline model::Matcher Nre(std::string name, std::string value) {
  return MakeMatcher(model::MatchType::kNotRegexp, std::move(name), std::move(value));
}

}  // namespace tidemark::storage
