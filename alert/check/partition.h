// By which labels the evaluation of an expression can be split.
//
// Let P be the labels that PartitionOf() gives. For every choice of values of the labels of P:
// evaluating the expression on the series with these values gives exactly those series of the
// whole result that have them. (A label that a series does not have has the empty value. Where
// the whole evaluation fails, nothing is said.) So when a sample arrives it is enough to evaluate
// its series' partition. Every subset of P will do as well.
#pragma once

#include "alert/check/label_family.h"
#include "query/parser/ast.h"

namespace tidemark::alert {

// Empty when the expression has to be evaluated whole.
LabelFamily PartitionOf(const query::Expr& expr);

// Whether the expression looks at any series at all.
bool ReadsSeries(const query::Expr& expr);

// Whether the expression looks at series that no selector of it names: info() does.
bool ReadsUnnamedSeries(const query::Expr& expr);

}  // namespace tidemark::alert
