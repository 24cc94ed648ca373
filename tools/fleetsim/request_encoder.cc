// A request on the wire:
//
//   WriteRequest   0x0a varint(len) TimeSeries …                     one per sample
//   TimeSeries     labels (canonical bytes)  0x12 varint(len) Sample
//   Sample         0x09 double (8 bytes, little endian)  0x10 varint(timestamp)
//
// or, of metadata:
//
//   WriteRequest   0x1a varint(len) MetricMetadata …
//   MetricMetadata 0x08 type  0x12 varint(len) family name  0x22 varint(len) help
//
// proto3 leaves out a field whose bits are zero.
#include "tools/fleetsim/request_encoder.h"

#include <snappy.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "model/labels.h"
#include "model/varint.h"

namespace tidemark::fleetsim {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr char kTimeSeriesTag = 0x0a;
constexpr char kSampleTag = 0x12;
constexpr char kValueTag = 0x09;
constexpr char kTimestampTag = 0x10;
constexpr char kMetadataTag = 0x1a;
constexpr char kTypeTag = 0x08;
constexpr char kFamilyTag = 0x12;
constexpr char kHelpTag = 0x22;
constexpr size_t kMaxSampleBytes = 1 + 8 + 1 + model::kMaxVarintBytes;
// Two tags, the length of the series and the length of the sample.
constexpr size_t kMaxFrameBytes = 2 + 2 * model::kMaxVarintBytes;

// Writes the fields of a Sample at `out`; returns their length, below 128.
size_t PutSample(model::Timestamp t, double v, char* out) {
  char* p = out;
  if (const uint64_t bits = model::ValueBits(v); bits != 0) {
    *p++ = kValueTag;
    std::memcpy(p, &bits, sizeof bits);
    p += sizeof bits;
  }
  if (t != 0) {
    *p++ = kTimestampTag;
    p = model::PutVarint(static_cast<uint64_t>(t), p);
  }
  return static_cast<size_t>(p - out);
}

void AppendField(char tag, std::string_view bytes, std::string* out) {
  out->push_back(tag);
  model::AppendVarint(bytes.size(), out);
  out->append(bytes);
}

// The protocol's number of a type.
char TypeNumber(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return 1;
    case MetricType::kGauge:
      return 2;
    case MetricType::kHistogram:
      return 3;
  }
  return 0;
}

}  // namespace

void RequestEncoder::Add(std::string_view labels, model::Timestamp t, double v) {
  char sample[kMaxSampleBytes];
  const size_t sample_size = PutSample(t, v, sample);
  char frame[kMaxFrameBytes];
  frame[0] = kTimeSeriesTag;
  const char* frame_end = model::PutVarint(labels.size() + 2 + sample_size, frame + 1);
  message_.append(frame, static_cast<size_t>(frame_end - frame));
  message_.append(labels);
  message_.push_back(kSampleTag);
  message_.push_back(static_cast<char>(sample_size));
  message_.append(sample, sample_size);
  ++samples_;
}

void RequestEncoder::AddMetadata(const MetricFamily& family) {
  std::string metadata = {kTypeTag, TypeNumber(family.type)};
  AppendField(kFamilyTag, family.name, &metadata);
  AppendField(kHelpTag, family.help, &metadata);
  AppendField(kMetadataTag, metadata, &message_);
}

const std::string& RequestEncoder::Finish() {
  snappy::Compress(message_.data(), message_.size(), &body_);
  message_.clear();
  samples_ = 0;
  return body_;
}

SeriesLabels::SeriesLabels(const FleetModel* model) : model_(model) {
  for (const Instance& instance : model_->instances()) {
    std::vector<Pieces>& pieces = pieces_[instance.table];
    if (pieces.empty()) {
      for (const MetricSeries& series : instance.table->series()) {
        pieces.push_back(Cut(series.name, series.labels, instance.labels));
      }
    }
  }
  if (!model_->instances().empty()) {
    up_ = Cut("up", {}, model_->instances().front().labels);
  }
}

SeriesLabels::Pieces SeriesLabels::Cut(std::string_view name, const LabelPairs& labels,
                                       const LabelPairs& instance) {
  LabelPairs sorted = labels;
  sorted.emplace_back(model::kMetricName, name);
  std::sort(sorted.begin(), sorted.end());
  Pieces pieces;
  auto label = sorted.begin();
  for (const auto& [instance_name, unused] : instance) {
    for (; label != sorted.end() && label->first < instance_name; ++label) {
      model::AppendLabel(label->first, label->second, &pieces.bytes);
    }
    pieces.ends.push_back(static_cast<uint32_t>(pieces.bytes.size()));
  }
  for (; label != sorted.end(); ++label) {
    model::AppendLabel(label->first, label->second, &pieces.bytes);
  }
  pieces.ends.push_back(static_cast<uint32_t>(pieces.bytes.size()));
  return pieces;
}

std::string_view SeriesLabels::Of(const Instance& instance, size_t index) {
  return Assemble(pieces_.find(instance.table)->second[index], instance);
}

std::string_view SeriesLabels::OfUp(const Instance& instance) { return Assemble(up_, instance); }

const std::vector<std::string>& SeriesLabels::InstanceBytes(const Instance& instance) {
  if (current_ != &instance) {
    instance_bytes_.clear();
    for (const auto& [name, value] : instance.labels) {
      model::AppendLabel(name, value, &instance_bytes_.emplace_back());
    }
    current_ = &instance;
  }
  return instance_bytes_;
}

std::string_view SeriesLabels::Assemble(const Pieces& pieces, const Instance& instance) {
  assembled_.clear();
  uint32_t begin = 0;
  const std::vector<std::string>& own = InstanceBytes(instance);
  for (size_t i = 0; i < pieces.ends.size(); ++i) {
    assembled_.append(pieces.bytes, begin, pieces.ends[i] - begin);
    begin = pieces.ends[i];
    if (i < own.size()) {
      assembled_.append(own[i]);
    }
  }
  return assembled_;
}

}  // namespace tidemark::fleetsim
