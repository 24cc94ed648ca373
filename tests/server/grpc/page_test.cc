#include "server/grpc/page.h"

#include "gtest/gtest.h"

namespace tidemark::server {
namespace {

std::vector<Placed<int>> Numbers() { return {{"c", 3}, {"a", 1}, {"d", 4}, {"b", 2}}; }

struct Page {
  std::vector<int> entries;
  std::string next;
};

Page PageOf(const std::string& token, size_t size, size_t bytes_each = 1) {
  Page page;
  page.next = FillPage(Numbers(), token, size, [&](int entry) {
    page.entries.push_back(entry);
    return bytes_each;
  });
  return page;
}

TEST(Page, GoesOnBehindTheTokenInOrderOfKeys) {
  const Page first = PageOf("", 3);
  EXPECT_EQ(first.entries, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(first.next, "c");
  const Page second = PageOf(first.next, 3);
  EXPECT_EQ(second.entries, (std::vector<int>{4}));
  EXPECT_EQ(second.next, "");
}

TEST(Page, GoesOnWhenTheEntryOfTheTokenHasGone) {
  EXPECT_EQ(PageOf("bb", 10).entries, (std::vector<int>{3, 4}));
}

TEST(Page, EndsEarlyRatherThanGrowTooLarge) {
  const Page page = PageOf("", 10, kMaxPageBytes);
  EXPECT_EQ(page.entries, (std::vector<int>{1}));
  EXPECT_EQ(page.next, "a");
}

TEST(Page, BoundsItsSize) {
  EXPECT_EQ(*PageSize(0), 500u);
  EXPECT_EQ(*PageSize(7), 7u);
  EXPECT_EQ(*PageSize(100'000), 5000u);
  EXPECT_FALSE(PageSize(-1).ok());
}

}  // namespace
}  // namespace tidemark::server
