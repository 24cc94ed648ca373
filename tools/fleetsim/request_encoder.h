// RequestEncoder makes remote-write 1.0 requests: snappy(WriteRequest), one TimeSeries per sample,
// as Prometheus sends them. SeriesLabels assembles the label bytes of a fleet's series.
//
// Both thread-compatible; buffers are reused from request to request.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/sample.h"
#include "tools/fleetsim/fleet_model.h"

namespace tidemark::fleetsim {

class RequestEncoder {
 public:
  // `labels` is the canonical form of model/labels.h: the label fields of a TimeSeries.
  void Add(std::string_view labels, model::Timestamp t, double v);

  // Type and help of a family; they travel in requests without samples.
  void AddMetadata(const MetricFamily& family);

  size_t samples() const { return samples_; }
  // The protobuf message so far.
  std::string_view message() const { return message_; }

  // Compresses the message and begins a new one. The result is valid until the next Finish.
  const std::string& Finish();

 private:
  std::string message_;
  std::string body_;
  size_t samples_ = 0;
};

// The labels of a metric's series and those of its instance, merged in order of name. What a table
// contributes is encoded once, so a fleet of millions of series costs the memory of its tables.
class SeriesLabels {
 public:
  // `model` must outlive this object.
  explicit SeriesLabels(const FleetModel* model);

  // Labels of series `index` of the table of `instance`, valid until the next call.
  std::string_view Of(const Instance& instance, size_t index);
  // Labels of `up`, the sample a scrape itself makes.
  std::string_view OfUp(const Instance& instance);

 private:
  // Encoded labels of one series, cut where the instance's labels go in between.
  struct Pieces {
    std::string bytes;
    std::vector<uint32_t> ends;  // piece i ends at ends[i]; one more piece than instance labels
  };

  static Pieces Cut(std::string_view name, const LabelPairs& labels, const LabelPairs& instance);
  std::string_view Assemble(const Pieces& pieces, const Instance& instance);
  const std::vector<std::string>& InstanceBytes(const Instance& instance);

  const FleetModel* model_;
  std::unordered_map<const MetricTable*, std::vector<Pieces>> pieces_;
  Pieces up_;
  const Instance* current_ = nullptr;        // whose bytes are in instance_bytes_
  std::vector<std::string> instance_bytes_;  // one encoded label each
  std::string assembled_;
};

}  // namespace tidemark::fleetsim
