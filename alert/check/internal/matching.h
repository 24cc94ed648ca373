// The labels that matching and grouping look at.
#pragma once

#include "alert/check/label_family.h"
#include "query/parser/ast.h"

namespace tidemark::alert {

// The labels that two series must share to be matched.
LabelFamily ComparedLabels(const query::VectorMatching& matching);

// The labels that an aggregation's `by` or `without` keeps.
LabelFamily GroupedLabels(const query::Aggregate& aggregate);

}  // namespace tidemark::alert
