#include "base/epoch.h"

#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace tidemark::base {
namespace {

struct Object : EpochDomain::Retired {
  Object() : Retired([](Retired* r) { delete static_cast<Object*>(r); }) { ++alive; }
  ~Object() {
    value = 0;
    --alive;
  }
  uint64_t value = 42;
  static std::atomic<int> alive;
};
std::atomic<int> Object::alive{0};

TEST(EpochDomain, FreesWhatNoGuardCanReach) {
  EpochDomain domain;
  domain.Retire(new Object);
  EXPECT_EQ(domain.Collect(), 1u);
  EXPECT_EQ(Object::alive, 0);
}

TEST(EpochDomain, KeepsWhatAnOpenGuardMayHold) {
  EpochDomain domain;
  {
    EpochDomain::Guard guard(&domain);
    domain.Retire(new Object);
    EXPECT_EQ(domain.Collect(), 0u);
    EXPECT_EQ(domain.Collect(), 0u);
    EXPECT_EQ(Object::alive, 1);
    EXPECT_GE(domain.oldest_guard_age(), 2u);
  }
  EXPECT_EQ(domain.Collect(), 1u);
  EXPECT_EQ(domain.oldest_guard_age(), 0u);
}

TEST(EpochDomain, DoesNotWaitForGuardsTakenLater) {
  EpochDomain domain;
  domain.Retire(new Object);
  {
    EpochDomain::Guard early(&domain);
    EXPECT_EQ(domain.Collect(), 0u);
  }
  EpochDomain::Guard late(&domain);
  EXPECT_EQ(domain.Collect(), 1u);
}

TEST(EpochDomain, HoldsOneObjectPerGuardUnderMovesAndBoundsMemoryAfterRelease) {
  EpochDomain domain;
  EpochDomain::Guard parked(&domain);
  for (int i = 0; i < 10000; ++i) {
    domain.Retire(new Object);
    if (i % 100 == 0) {
      domain.Collect();
    }
  }
  EXPECT_EQ(Object::alive, 10000);
  EpochDomain::Guard moved = std::move(parked);
  EXPECT_EQ(domain.Collect(), 0u);
  moved.Leave();
  domain.Collect();
  EXPECT_EQ(Object::alive, 0);
}

TEST(EpochDomain, NeverFreesUnderAReader) {
  EpochDomain domain;
  std::atomic<Object*> shared{new Object};
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop.load(std::memory_order_relaxed)) {
        EpochDomain::Guard guard(&domain);
        const Object* object = shared.load(std::memory_order_acquire);
        for (int n = 0; n < 10; ++n) {
          ASSERT_EQ(object->value, 42u);
        }
      }
    });
  }
  for (int i = 0; i < 20000; ++i) {
    domain.Retire(shared.exchange(new Object, std::memory_order_acq_rel));
    if (i % 8 == 0) {
      domain.Collect();
    }
  }
  stop = true;
  for (std::thread& reader : readers) {
    reader.join();
  }
  delete shared.load();
}

}  // namespace
}  // namespace tidemark::base
