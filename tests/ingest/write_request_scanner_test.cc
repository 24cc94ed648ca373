#include "ingest/write_request_scanner.h"

#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status_macros.h"
#include "model/labels.h"
#include "model/varint.h"
#include "proto/prometheus/remote_write.pb.h"
#include "tests/ingest/scan_comparison.h"

namespace tidemark::ingest {
namespace {

using ::testing::HasSubstr;

// A length-delimited field with a number below 16.
std::string Field(uint32_t number, std::string_view payload) {
  std::string out(1, static_cast<char>(number << 3 | 2));
  model::AppendVarint(payload.size(), &out);
  return out.append(payload);
}

std::string Varint(uint64_t value) {
  std::string out;
  model::AppendVarint(value, &out);
  return out;
}

std::string Fixed64(uint64_t bits) {
  std::string out;
  for (int i = 0; i < 8; ++i) {
    out.push_back(static_cast<char>(bits >> (8 * i)));
  }
  return out;
}

std::string Label(std::string_view name, std::string_view value) {
  return Field(1, Field(1, name) + Field(2, value));
}

std::string Sample(double value, int64_t t) {
  return Field(
      2, "\x09" + Fixed64(model::ValueBits(value)) + "\x10" + Varint(static_cast<uint64_t>(t)));
}

std::string Series(std::string_view fields) { return Field(1, fields); }

// A result together with the body that its views look at.
struct Scan : ScanResult {
  std::string body;
};

// Scans a message that is fine and that the library reads in the same way.
void ScanOk(std::string body, Scan* scan) {
  scan->body = std::move(body);
  const absl::Status status = ScanWriteRequest(scan->body, nullptr, scan);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(CompareWithLibrary(scan->body), "");
}

void ExpectRefused(const std::string& body, std::string_view text) {
  ScanResult result;
  const absl::Status status = ScanWriteRequest(body, nullptr, &result);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(base::Message(status)), HasSubstr(std::string(text)));
  EXPECT_TRUE(result.series().empty());
  EXPECT_TRUE(result.samples().empty());
  EXPECT_EQ(CompareWithLibrary(body), "");
}

std::string Groups(int depth) {
  return std::string(static_cast<size_t>(depth), '\x2b') +
         std::string(static_cast<size_t>(depth), '\x2c');
}

TEST(ScanWriteRequest, FindsLabelsAsTheyStandOnTheWire) {
  const std::string labels = Label("__name__", "up") + Label("job", "tikv");
  Scan result;
  ScanOk(Series(labels + Sample(1.5, 1700000000000)), &result);
  ASSERT_EQ(result.series().size(), 1U);
  const ScannedSeries& series = result.series()[0];
  EXPECT_EQ(series.label_bytes, labels);
  EXPECT_EQ(series.label_bytes, model::Labels::Of({{"__name__", "up"}, {"job", "tikv"}}).bytes());
  EXPECT_EQ(series.label_bytes.data(), result.body.data() + 2);
  ASSERT_EQ(result.samples(series).size(), 1U);
  EXPECT_EQ(result.samples(series)[0].t, 1700000000000);
  EXPECT_EQ(result.samples(series)[0].v, 1.5);
}

TEST(ScanWriteRequest, AcceptsTheEmptyRequest) {
  Scan result;
  ScanOk("", &result);
  EXPECT_TRUE(result.series().empty());
}

TEST(ScanWriteRequest, KeepsTheSamplesOfSeveralSeriesApart) {
  Scan result;
  ScanOk(Series(Label("__name__", "a") + Sample(1, 10) + Sample(2, 20)) +
             Series(Label("__name__", "b") + Sample(3, 10)),
         &result);
  ASSERT_EQ(result.series().size(), 2U);
  EXPECT_EQ(result.samples(result.series()[0]).size(), 2U);
  ASSERT_EQ(result.samples(result.series()[1]).size(), 1U);
  EXPECT_EQ(result.samples(result.series()[1])[0].v, 3);
}

TEST(ScanWriteRequest, ReadsAnEmptySampleAsZeroAtTimeZero) {
  Scan result;
  ScanOk(Series(Label("__name__", "a") + Field(2, "")), &result);
  ASSERT_EQ(result.samples().size(), 1U);
  EXPECT_EQ(result.samples()[0].t, 0);
  EXPECT_EQ(model::ValueBits(result.samples()[0].v), 0U);
}

TEST(ScanWriteRequest, ReadsSamplesWithoutValueOrTime) {
  Scan result;
  ScanOk(Series(Field(2, "\x10" + Varint(1700000000000)) +
                Field(2, "\x09" + Fixed64(model::ValueBits(7)))),
         &result);
  ASSERT_EQ(result.samples().size(), 2U);
  EXPECT_EQ(result.samples()[0].t, 1700000000000);
  EXPECT_EQ(result.samples()[0].v, 0);
  EXPECT_EQ(result.samples()[1].t, 0);
  EXPECT_EQ(result.samples()[1].v, 7);
}

TEST(ScanWriteRequest, KeepsEveryTimestamp) {
  for (unsigned bits = 0; bits < 64; ++bits) {
    for (const uint64_t edge : {uint64_t{1} << bits, (uint64_t{1} << bits) - 1}) {
      const auto t = static_cast<int64_t>(edge);
      const auto negative = static_cast<int64_t>(-edge);  // unsigned: the least has no opposite
      Scan result;
      ScanOk(Series(Sample(1, t) + Sample(2, negative) + Sample(3, 0)) + Series(Sample(4, 1)),
             &result);
      ASSERT_EQ(result.samples().size(), 4U);
      EXPECT_EQ(result.samples()[0].t, t);
      EXPECT_EQ(result.samples()[1].t, negative);
    }
  }
  Scan result;
  ScanOk(Series(Sample(1, std::numeric_limits<int64_t>::min())), &result);
  EXPECT_EQ(result.samples()[0].t, std::numeric_limits<int64_t>::min());
}

TEST(ScanWriteRequest, KeepsTheBitsOfEveryValue) {
  for (const uint64_t bits :
       {model::kStaleNanBits, model::kNormalNanBits, uint64_t{0xfff8dead0000beef},
        uint64_t{0x8000000000000000}, uint64_t{0x7ff0000000000000}, uint64_t{1}, ~uint64_t{0}}) {
    const std::string sample = Field(2, "\x09" + Fixed64(bits) + "\x10" + Varint(1700000000000));
    Scan result;
    ScanOk(Series(sample) + Series(sample), &result);
    ASSERT_EQ(result.samples().size(), 2U);
    EXPECT_EQ(model::ValueBits(result.samples()[0].v), bits);
    EXPECT_EQ(model::ValueBits(result.samples()[1].v), bits);
  }
}

TEST(ScanWriteRequest, GathersLabelsThatDoNotLieSideBySide) {
  const std::string a = Label("__name__", "up");
  const std::string b = Label("job", "tikv");
  const std::string c = Label("zone", "eu");
  const std::string s = Sample(1, 2);
  for (const std::string& fields : {a + s + b + c, a + s + b + s + c, a + b + s + c}) {
    Scan result;
    ScanOk(Series(fields) + Series(fields), &result);
    ASSERT_EQ(result.series().size(), 2U);
    EXPECT_EQ(result.gathered_series(), 2U);
    EXPECT_EQ(result.series()[0].label_bytes, a + b + c);
    EXPECT_EQ(result.series()[1].label_bytes, a + b + c);
  }
}

TEST(ScanWriteRequest, TakesLabelsBehindSamplesWithoutCopy) {
  const std::string labels = Label("__name__", "up") + Label("job", "tikv");
  Scan result;
  ScanOk(Series(Sample(1, 2) + labels), &result);
  EXPECT_EQ(result.gathered_series(), 0U);
  EXPECT_EQ(result.series()[0].label_bytes, labels);
}

TEST(ScanWriteRequest, ReadsLongLabels) {
  for (const size_t size : {100U, 119U, 120U, 121U, 127U, 128U, 20000U, 3000000U}) {
    const std::string labels =
        Label("__name__", "up") + Label("long", std::string(size, 'x')) + Label("z", "1");
    Scan result;
    ScanOk(Series(labels + Sample(1, 2)), &result);
    EXPECT_EQ(result.series()[0].label_bytes, labels) << size;
  }
}

TEST(ScanWriteRequest, CountsExemplarsAndHistograms) {
  prometheus::WriteRequest request;
  prometheus::TimeSeries* series = request.add_timeseries();
  series->add_labels()->set_name("a");
  series->add_exemplars()->add_labels()->set_value("trace");
  series->add_exemplars()->set_value(1);
  prometheus::Histogram* histogram = series->add_histograms();
  histogram->add_positive_spans()->set_length(2);
  histogram->add_positive_deltas(-1);
  histogram->add_custom_values(0.5);
  Scan result;
  ScanOk(request.SerializeAsString(), &result);
  EXPECT_EQ(result.exemplars(), 2U);
  EXPECT_EQ(result.histograms(), 1U);
  EXPECT_EQ(result.series_without_samples(), 1U);
  EXPECT_TRUE(result.series().empty());
}

TEST(ScanWriteRequest, ReadsMetadata) {
  prometheus::WriteRequest request;
  prometheus::MetricMetadata* metadata = request.add_metadata();
  metadata->set_type(prometheus::MetricMetadata::GAUGE);
  metadata->set_metric_family_name("up");
  metadata->set_help("whether the target answers");
  metadata->set_unit("bool");
  request.add_metadata()->set_help("of nothing");
  Scan result;
  const std::string body = request.SerializeAsString();
  ScanOk(body, &result);
  ASSERT_EQ(result.metadata().size(), 1U);
  EXPECT_EQ(result.metadata_without_name(), 1U);
  EXPECT_EQ(result.metadata()[0].type, 2);
  EXPECT_EQ(result.metadata()[0].metric_family_name, "up");
  EXPECT_EQ(result.metadata()[0].help, "whether the target answers");
  EXPECT_EQ(result.metadata()[0].unit, "bool");
}

TEST(ScanWriteRequest, TakesTheLastOfARepeatedScalar) {
  const std::string sample = "\x10\x05\x09" + Fixed64(1) + "\x10\x06\x09" + Fixed64(2);
  const std::string metadata = Field(2, "old") + Field(2, "new") + "\x08\x01\x08\x02";
  Scan result;
  ScanOk(Series(Field(2, sample)) + Field(3, metadata), &result);
  EXPECT_EQ(result.samples()[0].t, 6);
  EXPECT_EQ(model::ValueBits(result.samples()[0].v), 2U);
  EXPECT_EQ(result.metadata()[0].metric_family_name, "new");
  EXPECT_EQ(result.metadata()[0].type, 2);
}

TEST(ScanWriteRequest, PassesOverUnknownFieldsEverywhere) {
  const std::string unknown = "\x28\x07" + Field(6, "text") + std::string("\x3d\1\2\3\4", 5) +
                              "\x41" + Fixed64(9) + "\x2b\x08\x01\x2c" + Field(15, "");
  const std::string label = Field(1, Field(1, "a") + unknown + Field(2, "b") + unknown);
  const std::string sample = Field(2, unknown + "\x10\x05" + unknown);
  Scan result;
  ScanOk(unknown + Series(unknown + label + label + sample + unknown) + Field(2, "reserved") +
             Field(3, unknown + Field(2, "up")),
         &result);
  ASSERT_EQ(result.series().size(), 1U);
  EXPECT_EQ(result.series()[0].label_bytes, label + label);
  EXPECT_EQ(result.samples()[0].t, 5);
  EXPECT_EQ(result.metadata().size(), 1U);
}

TEST(ScanWriteRequest, TakesAKnownNumberWithAnotherWireTypeAsUnknown) {
  Scan result;
  ScanOk("\x08\x01" + Series("\x08\x01\x10\x01" + Field(2, "\x08\x01\x12\x01x")), &result);
  ASSERT_EQ(result.samples().size(), 1U);
  EXPECT_EQ(result.samples()[0].t, 0);
}

TEST(ScanWriteRequest, AcceptsNumbersInMoreBytesThanNeeded) {
  const std::string series = Label("a", "b") + Sample(1, 2);
  const std::string long_tag("\x8a\x80\x80\x80\x00", 5);
  const std::string long_length = {static_cast<char>(series.size() | 0x80), '\x80', '\x80', '\x80',
                                   '\x00'};
  Scan result;
  ScanOk(long_tag + long_length + series, &result);
  ASSERT_EQ(result.series().size(), 1U);
  // The tenth byte of a varint carries one bit; the library drops the others.
  ScanOk(Series(Field(2, "\x10\x81\x80\x80\x80\x80\x80\x80\x80\x80\x7e")), &result);
  EXPECT_EQ(result.samples()[0].t, 1);
}

TEST(ScanWriteRequest, RefusesOverlongNumbers) {
  ExpectRefused(std::string("\x8a\x80\x80\x80\x80\x00\x00", 7), "field tag of at most five bytes");
  ExpectRefused(std::string("\x0a\x80\x80\x80\x80\x80\x00", 7), "length of at most five bytes");
  ExpectRefused(std::string("\x0a\xff\xff\xff\xff\x07", 6), "below 2 GiB");
  ExpectRefused(std::string("\x10") + std::string(10, '\x80') + '\0', "at most ten bytes");
}

TEST(ScanWriteRequest, NestsAHundredLevelsAndNoMore) {
  Scan result;
  ScanOk(Groups(100), &result);
  ExpectRefused(Groups(101), "levels of nesting");
  ScanOk(Series(Groups(99)) + Field(3, Groups(99)), &result);
  ExpectRefused(Series(Groups(100)), "levels of nesting");
  ExpectRefused(Field(3, Groups(100)), "levels of nesting");
  for (const uint32_t field : {1U, 2U, 3U, 4U}) {
    ScanOk(Series(Field(field, Groups(98))), &result);
    ExpectRefused(Series(Field(field, Groups(99))), "levels of nesting");
  }
  ScanOk(Series(Field(3, Field(1, Groups(97))) + Field(4, Field(8, Groups(97)))), &result);
  ExpectRefused(Series(Field(3, Field(1, Groups(98)))), "levels of nesting");
  ExpectRefused(Series(Field(4, Field(11, Groups(98)))), "levels of nesting");
}

TEST(ScanWriteRequest, RefusesGroupsThatDoNotMatch) {
  ExpectRefused("\x2b", "the end of a group");
  ExpectRefused("\x2c", "no end of a group");
  ExpectRefused("\x2b\x34", "no end of a group");
  ExpectRefused(Series("\x2b") + "\x2c", "the end of a group at byte 3");
}

TEST(ScanWriteRequest, RefusesFieldNumberZeroAndUnknownWireTypes) {
  ExpectRefused(std::string(1, '\0'), "a field number above 0 at byte 0");
  ExpectRefused("\x02\x01x", "a field number above 0");
  ExpectRefused(std::string("\x80\x00", 2), "a field number above 0");
  ExpectRefused("\x2e", "wire type");
  ExpectRefused("\x2f", "wire type");
}

TEST(ScanWriteRequest, NamesTheByteAtFault) {
  const std::string good = Series(Label("a", "b") + Sample(1, 2));
  ExpectRefused(good + "\x0a\x05" + "abc",
                fmt::format("expected no more bytes than the enclosing message has at byte {}",
                            good.size() + 2));
}

TEST(ScanWriteRequest, RefusesHistogramsAndExemplarsThatDoNotParse) {
  ExpectRefused(Series(Field(4, Field(10, "1234567"))), "packed numbers of eight bytes");
  ExpectRefused(Series(Field(4, Field(12, "\x80"))), "a number of at most ten bytes");
  ExpectRefused(Series(Field(4, Field(8, "\x0a"))), "expected");
  ExpectRefused(Series(Field(3, Field(1, "\x0a\x02x"))), "expected");
}

TEST(ScanWriteRequest, AgreesWithTheLibraryOnEveryTruncation) {
  const std::string whole = Series(Label("__name__", "up") + Label("job", "x") + Sample(1, 2)) +
                            Field(3, Field(2, "up") + Field(4, "help")) + "\x2b\x08\x01\x2c";
  size_t accepted = 0;
  for (size_t n = 0; n <= whole.size(); ++n) {
    EXPECT_EQ(CompareWithLibrary(whole.substr(0, n)), "") << n;
    accepted += LibraryAccepts(whole.substr(0, n)) ? 1 : 0;
  }
  EXPECT_EQ(accepted, 4U);  // nothing, the series, the metadata, all
}

TEST(ScanWriteRequest, LeavesTextsThatAreNotUtf8ToTheLabelRules) {
  const std::string body = Series(Label("a", "\xff") + Sample(1, 2));
  Scan result;
  ScanOk(body, &result);
  EXPECT_EQ(result.series().size(), 1U);
  const google::protobuf::LogSilencer silence;
  EXPECT_FALSE(prometheus::WriteRequest().ParseFromString(body));
}

TEST(ScanResult, IsReusedAndTrimmed) {
  Scan result;
  const std::string big = Series(Label("a", "b") + Sample(1, 2) + Sample(2, 3) + Label("c", "d"));
  const std::string small = Series(Label("e", "f") + Sample(3, 4));
  ScanOk(big, &result);
  ScanOk(small, &result);
  ASSERT_EQ(result.series().size(), 1U);
  EXPECT_EQ(result.gathered_series(), 0U);
  EXPECT_EQ(result.samples()[0].v, 3);
  result.Trim(0);
  EXPECT_TRUE(result.series().empty());
  ScanOk(big, &result);
  EXPECT_EQ(result.series().size(), 1U);
  EXPECT_EQ(result.samples().size(), 2U);
}

}  // namespace
}  // namespace tidemark::ingest
