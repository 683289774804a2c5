#pragma once

#include <string>

namespace crossover {

/// Returns the first address of a host, as a number. Throws `error` (invalid) if it is not known.
std::string numeric_address(const std::string& host);

}  // namespace crossover
