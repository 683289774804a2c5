#pragma once

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "bench/measure/arms_for_test.hpp"
#include "bench/measure/contest.hpp"
#include "bench/measure/local_blocks.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {

/// Measures the cells with scripted arms on a machine that nothing disturbs.
struct contests_for_test {
  explicit contests_for_test(std::vector<planned_cell> planned) : cells(std::move(planned)) {
    for (const planned_cell& cell : cells) all.cells.push_back(result_of(cell));
    options.repetitions = 3;
    options.is_settled = [](const results&, const std::vector<std::size_t>&) { return false; };
  }
  void run() { run_with(arms.factory()); }
  void run_with(const arm_factory& make) {
    machine_watch watch([] { return machine_counters(); });
    local_host host(local_blocks(options.block, options.seed, make, watch));
    run_contests(cells, all, host, options);
  }
  const cell_result& of(const std::string& model) const {
    return *std::find_if(all.cells.begin(), all.cells.end(),
                         [&](const cell_result& cell) { return cell.model == model; });
  }

  std::vector<planned_cell> cells;
  results all;
  scripted_arms arms;
  measuring_options options;
};

/// Returns the numbers of the cell's blocks.
inline std::set<std::uint64_t> blocks_of(const cell_result& cell) {
  std::set<std::uint64_t> blocks;
  for (const sample& s : cell.samples) blocks.insert(s.block.value());
  return blocks;
}

/// Interrupts the contests after this many blocks.
inline void run_and_interrupt(contests_for_test& test, int blocks) {
  test.options.save = [blocks, saves = 0]() mutable {
    if (++saves == blocks) throw interrupted();
  };
  test.run();
  test.options.save = nullptr;
}

}  // namespace crossover
