// `tidemark test rules` and `tidemark check rules`.
#pragma once

#include "server/flags.h"

namespace tidemark::server {

// Prints what comes out; gives the exit code: 0 if all tests pass or no file has an error, else 1.
int RunRuleCommand(const RuleFlags& flags);

}  // namespace tidemark::server
