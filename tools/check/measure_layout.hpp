#pragma once

#include "tools/commands.hpp"

namespace crossover {

/// `calibrate layout`: measures each cell's scatter between links of one build, writes it for
/// `check --layout`, and prints such files as a table. Returns the exit code.
int layout_command(const string_list& arguments);

}  // namespace crossover
