#pragma once

#include <string>
#include <vector>

#include "bench/models/model.hpp"

namespace crossover {

/// "NAME=CMD …", a program that is the cell process of the model NAME.
struct program_model {
  std::string name;
  std::vector<std::string> command;
};
/// Throws `error` (invalid) if the text is malformed or the program does not exist.
program_model parse_program_model(const std::string& text);

/// Adds a model that runs in another program. Throws `error` (invalid) if there is one of this
/// name.
void add_program_model(const program_model& added);

/// Adds a command as a contender of the workload `command`, in the place of a model: `through` runs
/// it. Throws `error` (invalid) if it is malformed, does not exist, or was added before.
void add_command_model(const std::string& command, const model_type& through);

}  // namespace crossover
