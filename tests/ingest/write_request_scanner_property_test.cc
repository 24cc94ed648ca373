// Random write requests, tidy, untidy and damaged, read by the scanner and by the library.
#include <algorithm>
#include <bit>
#include <random>
#include <string>
#include <vector>

#include <google/protobuf/unknown_field_set.h>
#include <gtest/gtest.h>

#include "fmt/format.h"
#include "proto/prometheus/remote_write.pb.h"
#include "tests/ingest/scan_comparison.h"

namespace tidemark::ingest {
namespace {

using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

class Generator {
 public:
  explicit Generator(unsigned seed) : rng_(seed) {}

  unsigned Below(unsigned n) { return static_cast<unsigned>(rng_() % n); }
  bool OneIn(unsigned n) { return Below(n) == 0; }

  std::string Request() {
    prometheus::WriteRequest request;
    for (unsigned i = Below(5); i > 0; --i) {
      FillSeries(request.add_timeseries());
    }
    for (unsigned i = OneIn(3) ? Below(4) : 0; i > 0; --i) {
      FillMetadata(request.add_metadata());
    }
    return request.SerializeAsString();
  }

  // Other bytes that a parser must also take: fields in any order, some twice, unknown ones
  // between, lengths and tags in more bytes than needed.
  std::string Untidy(const std::string& request) {
    UnknownFieldSet fields;
    EXPECT_TRUE(fields.ParseFromString(request));
    return Encode(fields, "");
  }

  // One to three small accidents.
  std::string Damaged(std::string bytes) {
    for (unsigned i = 1 + Below(3); i > 0 && !bytes.empty(); --i) {
      Damage(&bytes);
    }
    return bytes;
  }

 private:
  std::string Text() {
    const unsigned size = OneIn(20) ? Below(400) : Below(12);
    std::string text(size, 'x');
    for (char& c : text) {
      c = static_cast<char>('a' + Below(26));
    }
    return OneIn(8) ? text + "\xc3\xa9" : text;
  }

  double Value() {
    switch (Below(5)) {
      case 0:
        return 0;
      case 1:
        return std::bit_cast<double>(uint64_t{0x7ff0000000000002});
      case 2:
        return std::bit_cast<double>(Bits());
      default:
        return Below(1000);
    }
  }

  uint64_t Bits() { return (static_cast<uint64_t>(rng_()) << 32) | rng_(); }

  int64_t Time() {
    switch (Below(6)) {
      case 0:
        return static_cast<int64_t>(Bits());
      case 1:
        return Below(3);
      case 2:
        return -static_cast<int64_t>(Below(1000));
      default:
        return 1700000000000 + Below(1000000);
    }
  }

  void FillSeries(prometheus::TimeSeries* series) {
    for (unsigned i = Below(6); i > 0; --i) {
      FillLabel(series->add_labels());
    }
    for (unsigned i = OneIn(3) ? Below(5) : 1; i > 0; --i) {
      prometheus::Sample* sample = series->add_samples();
      sample->set_value(Value());
      sample->set_timestamp(Time());
    }
    if (OneIn(6)) {
      FillExemplar(series->add_exemplars());
    }
    if (OneIn(6)) {
      FillHistogram(series->add_histograms());
    }
  }

  void FillLabel(prometheus::Label* label) {
    label->set_name(Text());
    label->set_value(Text());
  }

  void FillExemplar(prometheus::Exemplar* exemplar) {
    FillLabel(exemplar->add_labels());
    exemplar->set_value(Value());
    exemplar->set_timestamp(Time());
  }

  void FillHistogram(prometheus::Histogram* histogram) {
    histogram->set_count_int(Below(100));
    histogram->set_sum(Value());
    histogram->set_schema(static_cast<int>(Below(8)) - 4);
    for (unsigned i = Below(4); i > 0; --i) {
      prometheus::BucketSpan* span = histogram->add_positive_spans();
      span->set_offset(static_cast<int>(Below(10)) - 5);
      span->set_length(Below(5));
      histogram->add_positive_deltas(static_cast<int>(Below(200)) - 100);
      histogram->add_negative_counts(Value());
    }
    histogram->set_timestamp(Time());
  }

  void FillMetadata(prometheus::MetricMetadata* metadata) {
    metadata->set_metric_family_name(Text());
    metadata->set_help(Text());
    metadata->set_unit(Text());
    metadata->set_type(static_cast<prometheus::MetricMetadata::MetricType>(Below(10)));
  }

  // A varint, now and then longer than needed.
  std::string Varint(uint64_t value, size_t max_bytes) {
    std::string out;
    for (; value >= 0x80; value >>= 7) {
      out.push_back(static_cast<char>(value | 0x80));
    }
    out.push_back(static_cast<char>(value));
    while (OneIn(15) && out.size() < max_bytes) {
      out.back() = static_cast<char>(out.back() | '\x80');
      out.push_back('\0');
    }
    return out;
  }

  std::string Fixed(uint64_t bits, size_t size) {
    std::string out;
    for (size_t i = 0; i < size; ++i) {
      out.push_back(static_cast<char>(bits >> (8 * i)));
    }
    return out;
  }

  std::string Delimited(const std::string& payload) { return Varint(payload.size(), 5) + payload; }

  std::string UnknownValue(unsigned number, int depth) {
    const auto tag = [&](unsigned type) { return Varint(number << 3 | type, 5); };
    switch (Below(5)) {
      case 0:
        return tag(0) + Varint(Bits() >> Below(64), 10);
      case 1:
        return tag(1) + Fixed(Bits(), 8);
      case 2:
        return tag(2) + Delimited(Text());
      case 3:
        return tag(5) + Fixed(Bits(), 4);
      default:
        return tag(3) + (depth < 5 ? UnknownValue(1 + Below(50), depth + 1) : "") + tag(4);
    }
  }

  // Whether the fields along `path`, the numbers from the request down, are messages of ours.
  static bool IsMessage(const std::string& path) {
    static const std::vector<std::string> kMessages = {
        "/1", "/1/1", "/1/2", "/1/3", "/1/3/1", "/1/4", "/1/4/8", "/1/4/11", "/3"};
    return std::ranges::find(kMessages, path) != kMessages.end();
  }

  std::string EncodeField(const UnknownField& field, const std::string& path) {
    const auto number = static_cast<uint64_t>(field.number());
    switch (field.type()) {
      case UnknownField::TYPE_VARINT:
        return Varint(number << 3, 5) + Varint(field.varint(), 10);
      case UnknownField::TYPE_FIXED64:
        return Varint(number << 3 | 1, 5) + Fixed(field.fixed64(), 8);
      default:
        break;
    }
    UnknownFieldSet inner;
    const bool message = IsMessage(path) && inner.ParseFromString(field.length_delimited());
    return Varint(number << 3 | 2, 5) +
           Delimited(message ? Encode(inner, path) : field.length_delimited());
  }

  std::string Encode(const UnknownFieldSet& fields, const std::string& path) {
    std::vector<std::string> encoded;
    for (int i = 0; i < fields.field_count(); ++i) {
      const UnknownField& field = fields.field(i);
      for (int copies = OneIn(12) ? 2 : 1; copies > 0; --copies) {
        encoded.push_back(EncodeField(field, fmt::format("{}/{}", path, field.number())));
      }
    }
    while (OneIn(8)) {
      encoded.push_back(UnknownValue(17 + Below(1000), 0));
    }
    if (OneIn(2)) {
      std::shuffle(encoded.begin(), encoded.end(), rng_);
    }
    std::string out;
    for (const std::string& field : encoded) {
      out += field;
    }
    return out;
  }

  void Damage(std::string* bytes) {
    const size_t at = Below(static_cast<unsigned>(bytes->size()));
    const size_t size = 1 + Below(8);
    switch (Below(7)) {
      case 0:
        (*bytes)[at] = static_cast<char>((*bytes)[at] ^ (1 << Below(8)));
        break;
      case 1:
        (*bytes)[at] = static_cast<char>(rng_());
        break;
      case 2:
        bytes->resize(at);
        break;
      case 3:
        bytes->insert(at, bytes->substr(at, size));
        break;
      case 4:
        bytes->erase(at, size);
        break;
      case 5:
        bytes->insert(at, size, static_cast<char>(OneIn(2) ? rng_() : 0x80));
        break;
      default:
        (*bytes)[at] = static_cast<char>((*bytes)[at] + (OneIn(2) ? 1 : -1));
    }
  }

  std::mt19937 rng_;
};

constexpr unsigned kRounds = 3000;

TEST(ScanWriteRequestProperty, ReadsWhatTheLibraryWrites) {
  for (unsigned seed = 0; seed < kRounds; ++seed) {
    const std::string body = Generator(seed).Request();
    ASSERT_TRUE(LibraryAccepts(body)) << "seed " << seed;
    ASSERT_EQ(CompareWithLibrary(body), "") << "seed " << seed;
  }
}

TEST(ScanWriteRequestProperty, ReadsUntidyRequestsAsTheLibraryDoes) {
  for (unsigned seed = 0; seed < kRounds; ++seed) {
    Generator generator(seed);
    const std::string body = generator.Untidy(generator.Request());
    ASSERT_TRUE(LibraryAccepts(body)) << "seed " << seed;
    ASSERT_EQ(CompareWithLibrary(body), "") << "seed " << seed;
  }
}

TEST(ScanWriteRequestProperty, ReadsRequestsThatFollowEachOtherAsOne) {
  for (unsigned seed = 0; seed < kRounds / 10; ++seed) {
    Generator generator(seed);
    const std::string body =
        generator.Request() + generator.Untidy(generator.Request()) + generator.Request();
    ASSERT_TRUE(LibraryAccepts(body)) << "seed " << seed;
    ASSERT_EQ(CompareWithLibrary(body), "") << "seed " << seed;
  }
}

TEST(ScanWriteRequestProperty, AcceptsDamagedRequestsExactlyWhenTheLibraryDoes) {
  unsigned accepted = 0;
  unsigned refused = 0;
  for (unsigned seed = 0; seed < kRounds; ++seed) {
    Generator generator(seed);
    const std::string tidy = generator.Request();
    const std::string whole = generator.OneIn(2) ? generator.Untidy(tidy) : tidy;
    for (int i = 0; i < 10; ++i) {
      const std::string body = generator.Damaged(whole);
      ASSERT_EQ(CompareWithLibrary(body), "") << "seed " << seed << " round " << i;
      ++(LibraryAccepts(body) ? accepted : refused);
    }
  }
  // Both answers must have been asked for often, or the property says nothing.
  EXPECT_GT(accepted, kRounds);
  EXPECT_GT(refused, kRounds);
}

TEST(ScanWriteRequestProperty, NeverReadsOutsideRandomBytes) {
  for (unsigned seed = 0; seed < kRounds * 10; ++seed) {
    Generator generator(seed);
    std::string body(generator.Below(40), '\0');
    for (char& c : body) {
      // Bytes that are often tags and small lengths.
      c = static_cast<char>(generator.OneIn(4) ? generator.Below(256) : generator.Below(32));
    }
    ASSERT_EQ(CompareWithLibrary(body), "") << "seed " << seed;
  }
}

}  // namespace
}  // namespace tidemark::ingest
