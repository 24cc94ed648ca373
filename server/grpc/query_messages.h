// Results of queries as messages of tidemark.v1. Pure.
#pragma once

#include "proto/tidemark/v1/query.pb.h"
#include "query/engine/query_result.h"

namespace tidemark::server {

// Values and times of one series. Replaces what `message` holds.
void SetSeries(const query::MatrixSeries& series, v1::Series* message);

// The value of an instant query.
v1::QueryResponse ResponseOf(const query::QueryResult& result);

}  // namespace tidemark::server
