#pragma once

#include <string>

namespace crossover {

/// Returns this program's version, for example "0.1.0".
std::string program_version();

}  // namespace crossover
