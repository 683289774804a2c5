#pragma once

#include <string>
#include <vector>

#include "bench/results/results.hpp"

namespace crossover {

/// A cell for tests: one repetition per value, in seconds per operation.
inline cell_result cell_of(const std::string& name, const std::vector<double>& seconds) {
  cell_result cell;
  cell.name = name;
  cell.workload = name;
  for (const double s : seconds) {
    sample one;
    one.operations = 1000;
    one.wall_s = s * 1000;
    cell.samples.push_back(one);
  }
  return cell;
}

inline cell_result cell_with_status(cell_status status, const std::string& name,
                                    const std::string& reason) {
  cell_result cell = cell_of(name, {});
  cell.status = status;
  cell.reason = reason;
  return cell;
}

inline results results_of(std::vector<cell_result> cells) {
  results document;
  document.environment = {{"cpu_model", "a CPU"}, {"cpus", "2"}, {"governor", "none"}};
  document.cells = std::move(cells);
  return document;
}

/// Ten repetitions around `centre` with a scatter of about 1 %.
inline std::vector<double> about(double centre) {
  std::vector<double> seconds;
  for (const double wobble :
       {-0.016, -0.011, -0.007, -0.003, 0.0, 0.001, 0.004, 0.008, 0.011, 0.015})
    seconds.push_back(centre * (1 + wobble));
  return seconds;
}

}  // namespace crossover
