#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "bench/measure/plan.hpp"

namespace crossover {

/// A named set of cells, with measuring time and repetitions.
struct suite {
  std::string_view name;
  std::string_view description;
  double seconds;  ///< measured time per repetition
  std::uint32_t repetitions;
  std::vector<matrix> (*matrices)(const machine& computer);
};

/// Returns all suites; the first is the default of `run`.
std::span<const suite> all_suites();
/// Returns the suite with this name. Throws `error` (invalid) suggesting the nearest name.
const suite& find_suite(std::string_view name);

}  // namespace crossover
