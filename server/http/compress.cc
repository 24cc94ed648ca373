#include "server/http/compress.h"

#include <zlib.h>

#include <cstdlib>

#include "base/check.h"
#include "server/http/message.h"

namespace tidemark::server {
namespace {

// Responses are made to be read once. The fastest level takes half the time of the next sensible
// one, 4, and its output of JSON is a twentieth larger.
constexpr int kLevel = 1;
constexpr int kGzipWrapping = 16;

// Whether the parameters behind `;` say q=0.
bool IsRefused(std::string_view parameters) {
  const size_t q = parameters.find("q=");
  if (q == std::string_view::npos) {
    return false;
  }
  const std::string value(TrimBlanks(parameters.substr(q + 2)));
  return std::strtod(value.c_str(), nullptr) == 0;
}

}  // namespace

Encoding ChooseEncoding(std::string_view accept_encoding) {
  Encoding best = Encoding::kIdentity;
  while (!accept_encoding.empty()) {
    const size_t comma = accept_encoding.find(',');
    const std::string_view item = accept_encoding.substr(0, comma);
    accept_encoding.remove_prefix(comma == std::string_view::npos ? accept_encoding.size()
                                                                  : comma + 1);
    const size_t semicolon = item.find(';');
    const std::string_view name = TrimBlanks(item.substr(0, semicolon));
    if (semicolon != std::string_view::npos && IsRefused(item.substr(semicolon))) {
      continue;
    }
    if (EqualsIgnoreCase(name, "gzip") || name == "*") {
      return Encoding::kGzip;
    }
    if (EqualsIgnoreCase(name, "deflate")) {
      best = Encoding::kDeflate;
    }
  }
  return best;
}

std::string_view EncodingName(Encoding encoding) {
  switch (encoding) {
    case Encoding::kGzip:
      return "gzip";
    case Encoding::kDeflate:
      return "deflate";
    case Encoding::kIdentity:
      break;
  }
  return "";
}

std::string Compress(Encoding encoding, std::string_view body) {
  z_stream stream{};
  const int window_bits = MAX_WBITS + (encoding == Encoding::kGzip ? kGzipWrapping : 0);
  const int began = deflateInit2(&stream, kLevel, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  TIDEMARK_CHECK(began == Z_OK, "zlib: {}", began);
  std::string out;
  // zlib counts in 32 bits, so a large body goes through in pieces.
  constexpr size_t kPiece = 1u << 20;
  int result = Z_OK;
  while (result != Z_STREAM_END) {
    if (stream.avail_in == 0) {
      const std::string_view piece = body.substr(0, kPiece);
      body.remove_prefix(piece.size());
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
      stream.avail_in = static_cast<uInt>(piece.size());
    }
    const size_t used = out.size();
    const size_t room = stream.avail_in / 4 + 1024;
    out.resize(used + room);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
    stream.avail_out = static_cast<uInt>(room);
    result = deflate(&stream, body.empty() ? Z_FINISH : Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  deflateEnd(&stream);
  return out;
}

}  // namespace tidemark::server
