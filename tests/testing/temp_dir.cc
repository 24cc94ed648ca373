#include "tests/testing/temp_dir.h"

#include <cstdlib>
#include <system_error>

#include "base/check.h"

namespace tidemark::testing {

TempDir::TempDir() {
  std::string pattern = std::filesystem::temp_directory_path() / "tidemark-test-XXXXXX";
  TIDEMARK_CHECK(mkdtemp(pattern.data()) != nullptr, "cannot make {}", pattern);
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace tidemark::testing
