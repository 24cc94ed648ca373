#include "base/mpsc_inbox.h"

#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace tidemark::base {
namespace {

struct Node {
  int producer = 0;
  int number = 0;
  Node* next = nullptr;
};

std::vector<int> Numbers(const Node* node) {
  std::vector<int> numbers;
  for (; node != nullptr; node = node->next) {
    numbers.push_back(node->number);
  }
  return numbers;
}

TEST(MpscInbox, GivesNodesInTheOrderOfTheirPushes) {
  MpscInbox<Node> inbox;
  Node nodes[3] = {{.number = 1}, {.number = 2}, {.number = 3}};
  for (Node& node : nodes) {
    EXPECT_TRUE(inbox.Push(&node));
  }
  EXPECT_EQ(Numbers(inbox.TakeAll()), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(inbox.TakeAll(), nullptr);
}

TEST(MpscInbox, GivesTheRestWhenClosedAndRefusesWhatComesLater) {
  MpscInbox<Node> inbox;
  Node before{.number = 1};
  Node after{.number = 2};
  EXPECT_TRUE(inbox.Push(&before));
  EXPECT_EQ(Numbers(inbox.Close()), (std::vector<int>{1}));
  EXPECT_FALSE(inbox.Push(&after));
  EXPECT_EQ(inbox.Close(), nullptr);
}

TEST(MpscInbox, DoesNotWaitWhenThereIsSomething) {
  MpscInbox<Node> inbox;
  Node node{.number = 1};
  EXPECT_TRUE(inbox.Push(&node));
  inbox.Wait();
  EXPECT_EQ(Numbers(inbox.TakeAll()), (std::vector<int>{1}));
}

TEST(MpscInbox, WaitsNoLongerThanItsTimeout) {
  MpscInbox<Node> inbox;
  inbox.Wait(1);
  EXPECT_EQ(inbox.TakeAll(), nullptr);
  Node node{.number = 1};
  EXPECT_TRUE(inbox.Push(&node));
  EXPECT_EQ(Numbers(inbox.TakeAll()), (std::vector<int>{1}));
}

// Four producers against one consumer that parks whenever it finds nothing: every node comes once
// and each producer's in order.
TEST(MpscInbox, LosesAndRepeatsNothingUnderConcurrentProducers) {
  constexpr int kProducers = 4;
  constexpr int kNodes = 20'000;
  MpscInbox<Node> inbox;
  std::vector<std::unique_ptr<Node[]>> nodes;
  for (int producer = 0; producer < kProducers; ++producer) {
    nodes.push_back(std::make_unique<Node[]>(kNodes));
  }
  std::vector<std::thread> threads;
  for (int producer = 0; producer < kProducers; ++producer) {
    threads.emplace_back([&inbox, &nodes, producer] {
      for (int i = 0; i < kNodes; ++i) {
        Node& node = nodes[static_cast<size_t>(producer)][static_cast<size_t>(i)];
        node.producer = producer;
        node.number = i;
        EXPECT_TRUE(inbox.Push(&node));
        if (i % 64 == producer) {
          std::this_thread::yield();
        }
      }
    });
  }
  int next[kProducers] = {};
  for (int seen = 0; seen < kProducers * kNodes;) {
    Node* node = inbox.TakeAll();
    if (node == nullptr) {
      inbox.Wait();
    }
    for (; node != nullptr; node = node->next, ++seen) {
      ASSERT_EQ(node->number, next[node->producer]++);
    }
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(inbox.TakeAll(), nullptr);
}

}  // namespace
}  // namespace tidemark::base
