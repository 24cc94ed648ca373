// GzipBuilder puts a gzip file together from text and from pieces that were deflated before.
//
//   GzipBuilder gzip;
//   gzip.Append("[1,2,");                               text that is deflated now
//   const std::string piece = gzip.Deflate("3,4,");     to be kept
//   gzip.AppendDeflated(piece, Crc32("3,4,"), 4);       as often as one likes, in any file
//   send(gzip.Finish());
//
// A piece stands for itself: it ends at a byte and refers to nothing before it. Thread-compatible.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace tidemark::server {

uint32_t Crc32(std::string_view text);

class GzipBuilder {
 public:
  GzipBuilder();
  ~GzipBuilder();
  GzipBuilder(const GzipBuilder&) = delete;
  GzipBuilder& operator=(const GzipBuilder&) = delete;

  // Where to append text.
  std::string* text() { return &text_; }
  void Append(std::string_view text) { text_.append(text); }

  // `text` as a piece for AppendDeflated.
  std::string Deflate(std::string_view text);
  // A piece, the CRC of its text and its length.
  void AppendDeflated(std::string_view piece, uint32_t crc, uint32_t size);

  // The file. Call once, last.
  std::string Finish();

 private:
  struct EndStream {
    void operator()(z_stream_s* stream) const;
  };

  z_stream_s* Stream();
  void DeflateTo(std::string_view text, std::string* out);
  void TakeText();
  void Count(uint32_t crc, size_t size);

  std::string text_;  // what is not in file_ yet
  std::string file_;
  uint32_t crc_ = 0;
  size_t size_ = 0;
  std::unique_ptr<z_stream_s, EndStream> stream_;
};

}  // namespace tidemark::server
