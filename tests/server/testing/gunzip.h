// The text of a gzip file.
#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tidemark::server::testing {

// Fails the test when `file` is not one whole file, or its text has more than 16 MiB.
inline std::string Gunzip(std::string_view file) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, MAX_WBITS + 16), Z_OK);
  std::string text(16u << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(file.data()));
  stream.avail_in = static_cast<uInt>(file.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(stream.avail_in, 0u) << "bytes behind the end";
  text.resize(stream.total_out);
  inflateEnd(&stream);
  return text;
}

}  // namespace tidemark::server::testing
