// How the series of a store spread over metrics and labels: the answer of /api/v1/status/tsdb.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "storage/querier.h"

namespace tidemark::server {

// JSON of the counts over all series with a sample in `extent`, each list with the `limit` largest
// entries. Walks every such series: seconds for millions of them.
absl::StatusOr<std::string> CardinalityJson(const storage::Querier& querier,
                                            const storage::Selection& extent, size_t limit);

}  // namespace tidemark::server
