#pragma once

#include <array>
#include <random>
#include <string>

#include "tools/check/links.hpp"
#include "workloads/endpoint.hpp"

namespace crossover {

/// Copies of two programs for one block; empty: the programs themselves are started.
using copy_pair = std::array<descriptor, 2>;

/// Returns copies of two programs, made in random order. A file keeps its place in memory as long
/// as the system caches it, and the place can change a program's speed by percents. With new copies
/// in every block, either side can get the better place.
///
/// A copy has no name and ends with the last process that has it open, however that ends. It is in
/// the program's own directory, so that $ORIGIN stays right. Throws `error` (resource).
copy_pair copy_programs(const std::array<std::string, 2>& programs, std::mt19937_64& random);

/// Returns why copies of these programs cannot be started, with the name of the first such program;
/// "": they can.
std::string copy_obstacle(const side_links& programs);

/// Returns the remark of a check whose blocks have no copies of their own.
std::string place_note(const std::string& obstacle);

}  // namespace crossover
