// By which labels the evaluation of an expression can be split.
//
// Let P be the labels that PartitionOf() gives. For every choice of values of the labels of P:
// evaluating the expression on the series with these values gives exactly those series of the
// whole result that have them. (A label that a series does not have has the empty value. Where
// the whole evaluation fails, nothing is said.) So when a sample arrives it is enough to evaluate
// its series' partition. Every subset of P will do as well.
#pragma once

#include <cstddef>
#include <cstdint>

#include "alert/check/label_family.h"
#include "query/parser/ast.h"

namespace tidemark::alert {

// Empty when the expression has to be evaluated whole.
LabelFamily PartitionOf(const query::Expr& expr);

// Whether a partition can have several series that come with one scrape, `inputs` different ones of
// them or many of one: it is then not evaluated before all of the scrape has come.
bool NeedsWholeScrapes(const LabelFamily& partition, size_t inputs);

// From the moment an expression becomes true to its evaluation, at most. `tick_ms`: between two
// evaluations of what has no deadline or no partition; `settle_ms`: waited for the rest of a
// scrape.
int64_t WorstDelayMs(const LabelFamily& partition, bool ticks, size_t inputs, int64_t tick_ms,
                     int64_t settle_ms);

// Whether the expression looks at any series at all.
bool ReadsSeries(const query::Expr& expr);

// Whether the expression looks at series that no selector of it names: info() does.
bool ReadsUnnamedSeries(const query::Expr& expr);

}  // namespace tidemark::alert
