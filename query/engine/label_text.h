// Rules for label names and comparisons of label values. Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "model/labels.h"

namespace tidemark::query {

// Bytes of the UTF-8 character at the front of `text`; zero when there is none.
// REQUIRES: !text.empty().
size_t Utf8Length(std::string_view text);

// Whether `name` may name a label: UTF-8, not empty.
bool IsLabelName(std::string_view name);

// {__name__="m", a="x"}: all labels inside the braces, as messages about label sets have it.
std::string LabelSetText(model::LabelsView labels);

// Negative, zero or positive as `a` sorts before, with or behind `b` when runs of digits count as
// numbers: "node9" is before "node10".
int CompareNaturally(std::string_view a, std::string_view b);

}  // namespace tidemark::query
