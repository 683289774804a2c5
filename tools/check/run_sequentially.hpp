#pragma once

#include "tools/commands.hpp"

namespace crossover {

/// `calibrate sequential`: compares a Google Benchmark program with itself as compare.py is used,
/// one whole run after the other, and prints how often its U-test errs. Returns the exit code.
int sequential_command(const string_list& arguments);

}  // namespace crossover
