// Answers of range queries, written from ResultBlocks.
#pragma once

#include "query/cache/range_cache.h"
#include "server/http/message.h"

namespace tidemark::server {

// 200 with the steps that `answer` names, as ApiSuccess would write them; with `gzip` compressed
// already, from blocks that are compressed once for all the answers they are in.
// REQUIRES: answer.blocks is not null.
HttpResponse MatrixResponse(const query::RangeAnswer& answer, bool gzip);

}  // namespace tidemark::server
