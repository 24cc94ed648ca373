#include "server/signals.h"

#include <unistd.h>

#include <csignal>

#include "gtest/gtest.h"

namespace tidemark::server {
namespace {

TEST(Signals, TurnsSignalsIntoEvents) {
  Signals signals;
  EXPECT_FALSE(signals.quitting());
  ::kill(::getpid(), SIGHUP);
  EXPECT_EQ(signals.Wait(), Event::kReload);
  ::kill(::getpid(), SIGTERM);
  EXPECT_EQ(signals.Wait(), Event::kQuit);
  EXPECT_EQ(signals.Wait(), Event::kQuit);
  EXPECT_TRUE(signals.quitting());
}

TEST(Signals, QuitsWhenAskedFromInside) {
  Signals signals;
  signals.Quit();
  EXPECT_EQ(signals.Wait(), Event::kQuit);
}

TEST(SignalsDeathTest, EndsTheProcessAtTheSecondSignal) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        Signals signals;
        ::kill(::getpid(), SIGINT);
        signals.Wait();
        ::kill(::getpid(), SIGTERM);
        while (true) {
          ::pause();
        }
      },
      ::testing::ExitedWithCode(1), "");
}

}  // namespace
}  // namespace tidemark::server
