// CompareWithLibrary holds ScanWriteRequest against the protobuf library's own parser.
//
// The library is asked twice: with the contract as it is, and with a twin of it whose texts are
// bytes. The scanner must accept exactly what the twin accepts and find the same content. What
// the contract accepts the twin must accept, and its texts must be UTF-8 for us too. Guesses, right
// and wrong, must change nothing of it.
#pragma once

#include <string>
#include <string_view>

namespace tidemark::ingest {

// What differs, for a test to print; empty when nothing does. Thread-compatible.
std::string CompareWithLibrary(std::string_view body);

// Whether the library reads `body` as a WriteRequest, texts aside.
bool LibraryAccepts(std::string_view body);

}  // namespace tidemark::ingest
