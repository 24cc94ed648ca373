// Of two runs of samples of one series, one.
#pragma once

#include "storage/querier.h"

namespace tidemark::alert {

// Adds those of `more` to `columns` whose times it does not have. Both ascend.
void UniteSamples(const storage::SampleColumns& more, storage::SampleColumns* columns);

}  // namespace tidemark::alert
