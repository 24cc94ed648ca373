// A TCP port of the loopback interface that no one listens on at the time of the call.
#pragma once

#include <cstdint>

namespace tidemark::testing {

uint16_t FreePort();

}  // namespace tidemark::testing
