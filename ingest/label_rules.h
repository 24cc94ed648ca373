// Canonicalize turns the labels of a series that was not seen before into the label set that
// identifies it, or tells why it is none.
#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/statusor.h"
#include "model/labels.h"

namespace tidemark::ingest {

struct LabelLimits {
  size_t max_name_bytes = 1024;
  size_t max_value_bytes = 64U << 10;
  size_t max_labels = 128;  // those with a value, __name__ included
};

// `label_fields` is ScannedSeries::label_bytes: label fields in any order and in any valid
// encoding. Labels with an empty value are dropped and the others sorted by name.
//
// InvalidArgument, naming the series (shortened) and the cause, when there is no __name__, when a
// name is empty or occurs twice, when a name or value is not UTF-8 or is longer than `limits`
// allow, when there are too many labels, or when the bytes are not label fields. Names and
// values may otherwise be any UTF-8. Thread-safe.
absl::StatusOr<model::Labels> Canonicalize(std::string_view label_fields,
                                           const LabelLimits& limits);

// True only if Canonicalize would give just these bytes: the canonical form, found in one pass. It
// knows what nearly every sender writes, short names and values in ASCII; false says nothing.
bool IsPlainCanonical(std::string_view label_fields, const LabelLimits& limits);

}  // namespace tidemark::ingest
