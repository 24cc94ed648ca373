// Counts what a thread allocates while it writes: nothing that grows with the number of samples.
#include <snappy.h>

#include <cstdlib>

#include <gtest/gtest.h>

#include "ingest/remote_write_receiver.h"
#include "proto/prometheus/remote_write.pb.h"
#include "tests/storage/db_fixture.h"

namespace {
thread_local size_t allocations = 0;
}  // namespace

// Every allocation of the binary passes here on its way to the C library's.
extern "C" {
void* __libc_malloc(size_t size);                  // NOLINT(bugprone-reserved-identifier)
void* __libc_memalign(size_t align, size_t size);  // NOLINT(bugprone-reserved-identifier)

void* malloc(size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
void* aligned_alloc(size_t align, size_t size) {
  ++allocations;
  return __libc_memalign(align, size);
}
}

namespace tidemark::ingest {
namespace {

class AllocationTest : public storage::DbFixture {
 protected:
  AllocationTest() {
    Open();
    receiver_ = std::make_unique<RemoteWriteReceiver>(db_.get(), ReceiverOptions{}, metrics_.get());
    context_ = receiver_->NewContext();
  }

  static std::string Body(int series_count, model::Timestamp t) {
    prometheus::WriteRequest request;
    for (int i = 0; i < series_count; ++i) {
      prometheus::TimeSeries* series = request.add_timeseries();
      for (const auto& [name, value] :
           {std::pair<std::string, std::string>{"__name__", "up"}, {"series", std::to_string(i)}}) {
        prometheus::Label* label = series->add_labels();
        label->set_name(name);
        label->set_value(value);
      }
      prometheus::Sample* sample = series->add_samples();
      sample->set_timestamp(t);
      sample->set_value(i);
    }
    std::string body;
    const std::string bytes = request.SerializeAsString();
    snappy::Compress(bytes.data(), bytes.size(), &body);
    return body;
  }

  // Allocations of this thread while it writes; the journal's are its own.
  size_t Write(const std::string& body) {
    std::promise<absl::Status> answer;
    RemoteWriteReceiver::Done done = [&answer](const absl::Status& status) {
      answer.set_value(status);
    };
    const size_t before = allocations;
    receiver_->Write(context_.get(), body, std::move(done));
    const size_t counted = allocations - before;
    EXPECT_TRUE(answer.get_future().get().ok());
    return counted;
  }

  std::unique_ptr<RemoteWriteReceiver> receiver_;
  std::unique_ptr<WriteContext> context_;
};

TEST_F(AllocationTest, AllocatesNothingForASampleOfAKnownSeries) {
  constexpr int kSeries = 5000;
  EXPECT_GT(Write(Body(kSeries, 0)), kSeries) << "new series are counted, so the count works";
  Write(Body(kSeries, 1));
  // A request may need an entry of the journal, while those from before are still being written.
  constexpr size_t kPerRequest = 16;
  EXPECT_LT(Write(Body(10, 2)), kPerRequest);
  EXPECT_LT(Write(Body(kSeries, 3)), kPerRequest);
}

}  // namespace
}  // namespace tidemark::ingest
