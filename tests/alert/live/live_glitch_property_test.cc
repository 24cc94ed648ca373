// A scrape that comes in pieces, in any order, makes no rule true or false on the way.
#include <algorithm>
#include <random>

#include "tests/alert/live/live_fixture.h"

namespace tidemark::alert {
namespace {

using testing::LiveMemoryStore;

constexpr int kTargets = 3;

class LiveGlitches : public LiveFixture, public ::testing::WithParamInterface<uint32_t> {
 protected:
  LiveGlitches() { options_.settle_ms = 250; }

  uint32_t Below(uint32_t n) { return random_() % n; }

  // One scrape of one target: a never above b, c halves that are five together, d and e never both.
  std::vector<LiveMemoryStore::Write> Scrape(int target, model::Timestamp t) {
    const auto series = [target](const std::string& name, const std::string& part = "") {
      return Series(name, {{"job", "j"}, {"instance", fmt::format("i{}", target)}, {"part", part}});
    };
    const double a = Below(100);
    const double c = Below(6);
    const bool d = Below(2) == 0;
    return {{series("a"), {t, a}},
            {series("b"), {t, a + Below(2)}},
            {series("c", "1"), {t, c}},
            {series("c", "2"), {t, 5 - c}},
            {series("d"), {t, d ? 1.0 : 0.0}},
            {series("e"), {t, d ? 0.0 : 1.0}}};
  }

  std::mt19937 random_{GetParam()};
};

TEST_P(LiveGlitches, NoRuleChangesOnHalfAScrape) {
  SCOPED_TRACE(fmt::format("seed {}", GetParam()));
  Open(Parse(AlertText("difference", "b - a < 0") + AlertText("ratio", "a / b > 1") +
             AlertText("both", "d == 1 and e == 1") + AlertText("neither", "d == 0 unless e == 1") +
             AlertText("sum", "sum by (instance) (c) != 5") +
             AlertText("sums", "sum by (job) (c) != 15") + AlertText("missing", "a unless b")));
  for (int scrape = 0; scrape < 60; ++scrape) {
    struct Piece {
      int64_t at;
      LiveMemoryStore::Write write;
    };
    std::vector<Piece> pieces;
    const int64_t begin = clock_.NowMs();
    for (int target = 0; target < kTargets; ++target) {
      for (LiveMemoryStore::Write& write : Scrape(target, begin - Below(10))) {
        pieces.push_back({begin + Below(200), std::move(write)});
      }
    }
    // All of one target have one time: that of its first.
    for (size_t i = 0; i < pieces.size(); ++i) {
      pieces[i].write.sample.t = pieces[i / 6 * 6].write.sample.t;
    }
    std::shuffle(pieces.begin(), pieces.end(), random_);
    std::stable_sort(pieces.begin(), pieces.end(),
                     [](const Piece& x, const Piece& y) { return x.at < y.at; });
    for (const Piece& piece : pieces) {
      RunUntil(piece.at);
      store_.Put({piece.write});
      Run();
    }
    RunUntil(begin + 15'000);
    // Targets are not settled for before the first scrape: its pieces come within the time waited.
    ASSERT_TRUE(sink_.changes.empty()) << sink_.changes.front() << " in scrape " << scrape;
  }
  EXPECT_GT(live_->totals().evaluations, 300u);
}

TEST_P(LiveGlitches, WithoutSettlingTheyDo) {
  options_.settle_ms = 0;
  Open(Parse(AlertText("sum", "sum by (instance) (c) != 5")));
  for (int scrape = 0; scrape < 10; ++scrape) {
    for (const LiveMemoryStore::Write& write : Scrape(0, clock_.NowMs())) {
      store_.Put({write});
      Run();
    }
    RunFor(15'000);
  }
  EXPECT_FALSE(sink_.changes.empty());
}

INSTANTIATE_TEST_SUITE_P(Seeds, LiveGlitches, ::testing::Range(0u, 6u));

}  // namespace
}  // namespace tidemark::alert
