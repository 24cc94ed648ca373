// MpscInbox hands nodes from many threads to one: an intrusive lock-free list that producers push
// to and the consumer takes whole, in the order of the pushes.
//
// Invariants: head_ is the newest node, each node points to the one pushed before it; a node is
// owned by the inbox from a successful Push() until TakeAll() or Close() returns it; only Push()
// changes head_ one node at a time, everyone else swaps all of it, so there is no ABA. Two marks
// take the place of an empty list: `parked` while the consumer sleeps, so that the one producer
// that replaces the mark wakes it and no other pays for a wake-up, and `closed`, which refuses
// pushes for good.
//
// Push() may be called by any thread; TakeAll(), Wait() and Close() only by the consumer. Node has
// a member `Node* next` that is the inbox's while the node is inside.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/mutex.h"

namespace tidemark::base {

template <typename Node>
class MpscInbox {
 public:
  MpscInbox() = default;
  MpscInbox(const MpscInbox&) = delete;
  MpscInbox& operator=(const MpscInbox&) = delete;

  // Hands over `node`. False after Close(): the node is still the caller's.
  [[nodiscard]] bool Push(Node* node) {
    Node* head = head_.load(std::memory_order_relaxed);
    do {
      if (head == closed()) {
        return false;
      }
      node->next = head == parked() ? nullptr : head;
      // Release publishes the node; pairs with the acquire in Swap().
    } while (!head_.compare_exchange_weak(head, node, std::memory_order_release,
                                          std::memory_order_relaxed));
    if (head == parked()) {
      Wake();
    }
    return true;
  }

  // Everything pushed so far, oldest first, linked by `next`; null when there is nothing.
  Node* TakeAll() { return Swap(nullptr); }

  // The same, and refuses every later push.
  Node* Close() { return Swap(closed()); }

  // Sleeps until there is something to take or `timeout_ms` have passed; without a timeout as
  // long as it takes.
  void Wait(std::optional<int64_t> timeout_ms = std::nullopt) {
    MutexLock lock(&mu_);
    Node* expected = nullptr;
    if (!head_.compare_exchange_strong(expected, parked(), std::memory_order_relaxed)) {
      return;
    }
    bool timed_out = false;
    while (head_.load(std::memory_order_relaxed) == parked() && !timed_out) {
      if (timeout_ms.has_value()) {
        timed_out = wake_.WaitFor(&mu_, *timeout_ms);
      } else {
        wake_.Wait(&mu_);
      }
    }
    expected = parked();
    head_.compare_exchange_strong(expected, nullptr, std::memory_order_relaxed);
  }

 private:
  struct alignas(Node) Mark {};

  // Addresses no node can have.
  Node* parked() const { return reinterpret_cast<Node*>(const_cast<Mark*>(&parked_mark_)); }
  Node* closed() const { return reinterpret_cast<Node*>(const_cast<Mark*>(&closed_mark_)); }

  Node* Swap(Node* replacement) {
    Node* newest = head_.exchange(replacement, std::memory_order_acquire);
    if (newest == parked() || newest == closed()) {
      return nullptr;
    }
    return Reversed(newest);
  }

  static Node* Reversed(Node* newest) {
    Node* oldest = nullptr;
    while (newest != nullptr) {
      Node* before = newest->next;
      newest->next = oldest;
      oldest = newest;
      newest = before;
    }
    return oldest;
  }

  // The lock makes sure that the consumer is inside Wait() of the condition, or past it.
  void Wake() {
    MutexLock lock(&mu_);
    wake_.Signal();
  }

  // Writers: producers (one node more), the consumer (all or nothing). Publishes the nodes.
  alignas(64) std::atomic<Node*> head_{nullptr};
  alignas(64) Mutex mu_;
  CondVar wake_;
  Mark parked_mark_;
  Mark closed_mark_;
};

}  // namespace tidemark::base
