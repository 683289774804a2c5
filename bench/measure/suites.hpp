#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "bench/measure/plan.hpp"

namespace crossover {

/// A named set of cells, with measuring times.
struct suite {
  std::string_view name;
  std::string_view description;
  double seconds;   ///< window time per model and block
  double budget_s;  ///< measuring time of the whole run
  std::vector<matrix> (*matrices)(const machine& computer);
};

/// Returns the workloads of the user's program, or all if it has none.
std::vector<named_parameters> every_workload();

/// Returns all suites; the first is the default of `run`.
std::span<const suite> all_suites();
/// Returns the suite with this name. Throws `error` (invalid) suggesting the nearest name.
const suite& find_suite(std::string_view name);

}  // namespace crossover
