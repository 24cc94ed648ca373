#include "base/log.h"

#include <gtest/gtest.h>

namespace tidemark::base {
namespace {

std::string Logged(LogLevel min_level, const std::function<void(Logger&)>& write) {
  char* text = nullptr;
  size_t size = 0;
  std::FILE* stream = open_memstream(&text, &size);
  Logger logger(stream, min_level);
  write(logger);
  std::fclose(stream);
  std::string line(text, size);
  free(text);
  return line;
}

TEST(Logger, WritesLevelMessageAndFieldsAsLogfmt) {
  const std::string line = Logged(LogLevel::kInfo, [](Logger& logger) {
    logger.Warn("disk is slow", {{"ms", 12}, {"dir", "/a b"}, {"ok", false}});
  });
  EXPECT_NE(line.find(" level=warn msg=\"disk is slow\" ms=12 dir=\"/a b\" ok=false\n"),
            std::string::npos)
      << line;
}

TEST(Logger, KeepsOneEventOnOneLine) {
  const std::string line = Logged(LogLevel::kInfo, [](Logger& logger) {
    logger.Info("x", {{"text", "a\nb\"c\x01"}});
  });
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_NE(line.find("text=\"a\\nb\\\"c\\x01\""), std::string::npos) << line;
}

TEST(Logger, DropsEventsBelowItsLevel) {
  EXPECT_EQ(Logged(LogLevel::kWarn, [](Logger& logger) { logger.Info("x"); }), "");
}

TEST(Logger, KnowsItsLevelNames) {
  LogLevel level = LogLevel::kInfo;
  EXPECT_TRUE(ParseLogLevel("error", &level));
  EXPECT_EQ(level, LogLevel::kError);
  EXPECT_FALSE(ParseLogLevel("fatal", &level));
}

}  // namespace
}  // namespace tidemark::base
