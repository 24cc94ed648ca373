// The store in memory under the name that tests know it by.
#pragma once

#include "storage/memory_querier.h"

namespace tidemark::testing {

using storage::MemoryQuerier;

}  // namespace tidemark::testing
