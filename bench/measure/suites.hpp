#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "bench/measure/plan.hpp"

namespace crossover {

/// A named choice of cells and of how long they are measured.
struct suite {
  std::string_view name;
  std::string_view about;
  double seconds;  ///< measured time of a repetition
  std::uint32_t repetitions;
  std::vector<matrix> (*matrices)(const machine& here);
};

/// Every suite; the first is what `run` runs when nothing is said.
std::span<const suite> all_suites();
/// Throws `error` (invalid) with the nearest name.
const suite& find_suite(std::string_view name);

}  // namespace crossover
