// QueryResult as the JSON of the HTTP API.
#pragma once

#include <string>
#include <string_view>

#include "model/labels.h"
#include "model/sample.h"
#include "query/api/json_text.h"
#include "query/engine/query_result.h"

namespace tidemark::query {

// Appends {"resultType":"vector","result":[...]}.
void AppendQueryData(const QueryResult& result, std::string* json);

// Appends [seconds,"value"].
void AppendPoint(model::Timestamp t, double v, std::string* json);

// Appends the shortest text that reads back as `v`: plain notation, an exponent only below 1e-6
// and from 1e21 on; NaN, +Inf, -Inf. Without quotes.
void AppendSampleValue(double v, std::string* json);

// Appends seconds: an integer, or with exactly three decimals when there are milliseconds.
void AppendTime(model::Timestamp t, std::string* json);

// Appends {"name":"value",...} in order of name.
void AppendLabels(model::LabelsView labels, std::string* json);

}  // namespace tidemark::query
