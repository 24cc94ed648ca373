// Compression of responses by Accept-Encoding.
#pragma once

#include <string>
#include <string_view>

namespace tidemark::server {

enum class Encoding { kIdentity, kGzip, kDeflate };

// The best encoding we have that an Accept-Encoding header allows: gzip, then deflate. An
// encoding with q=0 is not allowed; `*` stands for gzip.
Encoding ChooseEncoding(std::string_view accept_encoding);

// "gzip", "deflate"; "" for kIdentity.
std::string_view EncodingName(Encoding encoding);

// `body` in `encoding` (deflate in its zlib wrapping, as HTTP wants it).
// REQUIRES: encoding != kIdentity.
std::string Compress(Encoding encoding, std::string_view body);

}  // namespace tidemark::server
