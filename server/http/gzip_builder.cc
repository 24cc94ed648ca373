// The file is header, deflate blocks, CRC-32 and length of the text (RFC 1952). Blocks of one piece
// come from a stream that is flushed fully behind each piece, which leaves it at a byte's end and
// without memory of what was before. Short text is stored, not deflated.
#include "server/http/gzip_builder.h"

#include <zlib.h>

#include <utility>

#include "base/check.h"

namespace tidemark::server {
namespace {

constexpr int kFastest = 1;
constexpr int kMemoryLevel = 8;
constexpr size_t kLeastDeflated = 64;

constexpr std::string_view kHeader{"\x1f\x8b\x08\0\0\0\0\0\0\xff", 10};
constexpr std::string_view kLastBlock{"\x03\0", 2};  // empty

void AppendLittleEndian(uint64_t v, size_t bytes, std::string* out) {
  for (size_t i = 0; i < bytes; ++i) {
    out->push_back(static_cast<char>(v >> (8 * i)));
  }
}

// REQUIRES: less than 64 KiB.
void AppendStored(std::string_view text, std::string* out) {
  out->push_back(0);
  AppendLittleEndian(text.size(), 2, out);
  AppendLittleEndian(~text.size(), 2, out);
  out->append(text);
}

}  // namespace

uint32_t Crc32(std::string_view text) {
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size()));
}

GzipBuilder::GzipBuilder() : file_(kHeader) {}
GzipBuilder::~GzipBuilder() = default;

void GzipBuilder::EndStream::operator()(z_stream_s* stream) const {
  deflateEnd(stream);
  delete stream;
}

z_stream_s* GzipBuilder::Stream() {
  if (stream_ == nullptr) {
    auto stream = std::make_unique<z_stream_s>();
    const int began = deflateInit2(stream.get(), kFastest, Z_DEFLATED, -MAX_WBITS, kMemoryLevel,
                                   Z_DEFAULT_STRATEGY);
    TIDEMARK_CHECK(began == Z_OK, "zlib: {}", began);
    stream_.reset(stream.release());
  }
  return stream_.get();
}

void GzipBuilder::DeflateTo(std::string_view text, std::string* out) {
  z_stream_s* const stream = Stream();
  // zlib counts in 32 bits, so long text goes through in parts.
  constexpr size_t kPart = 1u << 20;
  do {
    const std::string_view part = text.substr(0, kPart);
    text.remove_prefix(part.size());
    stream->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
    stream->avail_in = static_cast<uInt>(part.size());
    do {
      const size_t used = out->size();
      const size_t room = stream->avail_in / 2 + 64;
      out->resize(used + room);
      stream->next_out = reinterpret_cast<Bytef*>(out->data() + used);
      stream->avail_out = static_cast<uInt>(room);
      deflate(stream, text.empty() ? Z_FULL_FLUSH : Z_NO_FLUSH);
      out->resize(out->size() - stream->avail_out);
    } while (stream->avail_out == 0);
  } while (!text.empty());
}

std::string GzipBuilder::Deflate(std::string_view text) {
  std::string piece;
  DeflateTo(text, &piece);
  return piece;
}

void GzipBuilder::Count(uint32_t crc, size_t size) {
  crc_ = static_cast<uint32_t>(crc32_combine(crc_, crc, static_cast<z_off_t>(size)));
  size_ += size;
}

void GzipBuilder::TakeText() {
  if (text_.empty()) {
    return;
  }
  Count(Crc32(text_), text_.size());
  if (text_.size() < kLeastDeflated) {
    AppendStored(text_, &file_);
  } else {
    DeflateTo(text_, &file_);
  }
  text_.clear();
}

void GzipBuilder::AppendDeflated(std::string_view piece, uint32_t crc, uint32_t size) {
  TakeText();
  file_.append(piece);
  Count(crc, size);
}

std::string GzipBuilder::Finish() {
  TakeText();
  file_.append(kLastBlock);
  AppendLittleEndian(crc_, 4, &file_);
  AppendLittleEndian(size_ & UINT32_MAX, 4, &file_);
  return std::move(file_);
}

}  // namespace tidemark::server
