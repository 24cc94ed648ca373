#include "storage/chunk_format.h"

#include "base/check.h"
#include "fmt/format.h"
#include "model/varint.h"
#include "storage/head/sample_stream.h"

namespace tidemark::storage {
namespace {

constexpr char kSampleStream = 1;

}  // namespace

std::string EncodeChunk(model::Timestamp start, model::Timestamp last, uint32_t count,
                        std::string_view stream) {
  std::string value;
  value.reserve(1 + 2 * model::kMaxVarintBytes + stream.size());
  value.push_back(kSampleStream);
  model::AppendVarint(count, &value);
  model::AppendVarint(static_cast<uint64_t>(last) - static_cast<uint64_t>(start), &value);
  value.append(stream);
  return value;
}

std::string EncodeChunk(std::span<const model::Sample> samples) {
  TIDEMARK_CHECK(!samples.empty(), "a chunk needs a sample");
  std::string stream(samples.size() * kMaxStreamBytesPerSample, '\0');
  SampleEncoder encoder;
  char* end = encoder.Start(samples.front(), stream.data());
  for (const model::Sample& sample : samples.subspan(1)) {
    end = encoder.Append(sample, end);
  }
  return EncodeChunk(samples.front().t, samples.back().t, static_cast<uint32_t>(samples.size()),
                     {stream.data(), static_cast<size_t>(end - stream.data())});
}

absl::Status DecodeChunk(std::string_view value, model::Timestamp start, model::Timestamp min_time,
                         model::Timestamp max_time, SampleColumns* columns) {
  if (value.empty() || value[0] != kSampleStream) {
    return absl::DataLossError(
        value.empty() ? "chunk is empty"
                      : fmt::format("chunk has the unknown encoding {}", int{value[0]}));
  }
  const char* const end = value.data() + value.size();
  uint64_t count = 0;
  uint64_t span = 0;
  const char* p = model::GetVarint(value.data() + 1, end, &count);
  p = p == nullptr ? nullptr : model::GetVarint(p, end, &span);
  if (p == nullptr || count == 0 || count > UINT32_MAX) {
    return absl::DataLossError("chunk header is malformed");
  }
  const auto last = static_cast<model::Timestamp>(static_cast<uint64_t>(start) + span);
  if (last < min_time || start > max_time) {
    return absl::OkStatus();
  }
  return DecodeStream({p, static_cast<size_t>(end - p)}, static_cast<uint32_t>(count), min_time,
                      max_time, columns);
}

}  // namespace tidemark::storage
