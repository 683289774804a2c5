#pragma once

#include <cmath>
#include <map>
#include <string_view>
#include <vector>

#include "reports/check/simulated_gate.hpp"

namespace crossover {

/// Defect of the first cell in a simulated suite; the other cells are of identical builds.
enum class defect {
  none,
  tolerated,        ///< 1 % slower throughout, in every cell
  slower,           ///< 5 % slower throughout
  stall,            ///< 10 ms of waiting after every 50 ms of work
  failing,          ///< 1 % of the operations fail
  failing_equally,  ///< 1 % of the operations fail on both sides
  exits,            ///< one process in five exits
  exits_once,       ///< one process exits, in the third block of the cell
  regime,           ///< one process in five is 63 % slower
};

/// One kind of simulated suite: blocks of 20 groups of four slices of 1 ms of work. The defaults
/// give a block an s.d. of 1.7 % by location and of about 2.7 % by total.
struct quantity_experiment {
  defect of_first_cell = defect::none;
  std::size_t cells = 20;
  double regimes = 0;          ///< value of --regimes
  double slice_sd = 0.05;      ///< s.d. of a slice's log time
  double process_sd = 0.01;    ///< s.d. of a process's log time
  double burst_share = 0.001;  ///< slices that lose 1 to 5 ms to a neighbour
  unsigned suites = 1'000;
  std::uint64_t seed = 1;
};

struct quantity_record {
  unsigned suites = 0;
  unsigned false_alarms = 0;                      ///< a cell without defect is called a regression
  unsigned found = 0;                             ///< the first cell is called a regression
  unsigned missed = 0;                            ///< the first cell passes
  unsigned passed = 0;                            ///< every cell passes
  unsigned improved = 0;                          ///< a cell is called improved
  std::map<std::string_view, unsigned> found_by;  ///< name of what is worse: "metric", "total", …
  double blocks = 0;                              ///< mean number of blocks per suite
};

/// Draws the blocks of one cell.
class slice_simulator {
 public:
  slice_simulator(const quantity_experiment& experiment, std::uint64_t seed)
      : experiment_(experiment), normal_(noise_kind::normal, 1, seed), stream_(~seed) {}

  pair_block draw(defect of) {
    ++blocks_;
    double factors[2], phases_ms[2];
    for (const bool is_candidate : {false, true}) {
      factors[is_candidate] = std::exp(experiment_.process_sd * normal_.normal());
      phases_ms[is_candidate] = 50 * stream_.uniform();
    }
    if (of == defect::slower) factors[1] *= 1.05;
    if (of == defect::tolerated) factors[1] *= 1.01;
    if (of == defect::regime && stream_.uniform() < 0.2) factors[1] *= 1.63;
    std::vector<slice> slices;
    for (int group = 0; group < 20; ++group) {
      const bool first = (stream_.next() >> 63) != 0;
      for (const bool is_candidate : {first, !first, !first, first}) {
        double ms = factors[is_candidate] * std::exp(experiment_.slice_sd * normal_.normal());
        if (stream_.uniform() < experiment_.burst_share) ms += 1 + 4 * stream_.uniform();
        phases_ms[is_candidate] += 1;
        if (phases_ms[is_candidate] >= 50) {
          phases_ms[is_candidate] -= 50;
          if (of == defect::stall && is_candidate) ms += 10;
        }
        slices.push_back({is_candidate ? side::candidate : side::baseline, ms});
      }
    }
    pair_block drawn{.record = record_of(slices)};
    side_shares& failed = drawn.record.failed_operations;
    if (of == defect::failing || of == defect::failing_equally) failed.candidate = failed_share();
    if (of == defect::failing_equally) failed.baseline = failed_share();
    if ((of == defect::exits && stream_.uniform() < 0.2) ||
        (of == defect::exits_once && blocks_ == 3))
      drawn.failures[1] = "exited";
    return drawn;
  }

 private:
  /// Share of failures of 2,000 operations with a probability of 1 %, normal approximation.
  double failed_share() {
    return std::max(0.0, 0.01 + std::sqrt(0.01 * 0.99 / 2'000) * normal_.normal());
  }

  quantity_experiment experiment_;
  block_simulator normal_;
  flip_stream stream_;
  unsigned blocks_ = 0;
};

/// Returns whether the first cell gets worse than is tolerated, so that it may be called so.
inline bool is_worse(defect of) {
  return of != defect::none && of != defect::tolerated && of != defect::failing_equally &&
         of != defect::exits_once;
}

/// Takes suites through the gate.
inline quantity_record simulate_quantities(const quantity_experiment& experiment) {
  gate_options options = simulated_options();
  options.budget_s = 3'600;
  options.regimes = experiment.regimes;
  std::vector<gated_cell> cells(experiment.cells);
  for (std::size_t c = 0; c < cells.size(); ++c) cells[c].name = std::to_string(c);
  const block_plan plan = plan_blocks(options, cells);
  const defect first = experiment.of_first_cell;
  const defect others = first == defect::tolerated ? first : defect::none;
  quantity_record record;
  record.suites = experiment.suites;
  for (unsigned suite = 0; suite < experiment.suites; ++suite) {
    options.flips.seed = experiment.seed * 1'000'003 + suite;
    std::vector<slice_simulator> simulators;
    for (std::size_t c = 0; c < cells.size(); ++c)
      simulators.emplace_back(experiment, options.flips.seed * 1'000 + c);
    const check_result result =
        run_gate(drawn_cells(cells,
                             [&](std::size_t c, std::uint64_t) {
                               return simulators[c].draw(c == 0 ? first : others);
                             }),
                 options, {}, {}, &plan);
    bool alarm = false, improved = false;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      alarm |= result.cells[c].outcome == verdict::regression && !(c == 0 && is_worse(first));
      improved |= result.cells[c].improvement;
    }
    record.false_alarms += alarm;
    record.improved += improved;
    record.passed += verdict_of(result) == verdict::pass;
    record.found += result.cells[0].outcome == verdict::regression;
    record.missed += result.cells[0].outcome == verdict::pass;
    for (const std::string_view name :
         worse_quantities(result.cells[0], options.rates.false_alarms))
      ++record.found_by[name];
    record.blocks += static_cast<double>(blocks_of(result)) / experiment.suites;
  }
  return record;
}

}  // namespace crossover
