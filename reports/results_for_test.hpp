#pragma once

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "bench/results/results.hpp"

namespace crossover {

/// A cell with one sample per throughput, the first in block 0.
inline cell_result cell_for_test(std::string model, std::uint32_t cores, std::uint32_t in_flight,
                                 const std::vector<double>& throughputs,
                                 std::string workload = "network") {
  cell_result cell;
  cell.workload = std::move(workload);
  cell.parameters = {{"bytes", "64"}};
  cell.model = std::move(model);
  cell.cores = cores;
  cell.in_flight = in_flight;
  cell.name = cell.workload + "/" + cell.model + "/cores:" + std::to_string(cores) +
              "/in_flight:" + std::to_string(in_flight);
  for (const double throughput : throughputs) {
    sample s;
    s.wall_s = 1;
    s.operations = static_cast<std::uint64_t>(throughput);
    s.cpu_user_s = 0.25;
    s.cpu_system_s = 0.25;
    s.block = cell.samples.size();
    cell.samples.push_back(s);
  }
  return cell;
}

/// Throughputs of `blocks` blocks that scatter evenly around a mean.
inline std::vector<double> around(double mean, std::size_t blocks, double scatter, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<double> values;
  for (std::size_t i = 0; i < blocks; ++i)
    values.push_back(mean * (1 + scatter * (static_cast<double>(random() % 2001) / 1000 - 1)));
  return values;
}

inline results results_for_test(std::vector<cell_result> cells) {
  results value;
  value.date = "2026-01-15T10:00:00Z";
  value.cells = std::move(cells);
  return value;
}

}  // namespace crossover
