#pragma once

#include <array>
#include <cmath>
#include <string_view>
#include <vector>

#include "reports/check/judged_quantities.hpp"
#include "reports/statistics/simulated_blocks.hpp"

namespace crossover {

/// How the first cell of a simulated suite gets worse; the other cells are of identical builds.
enum class defect {
  none,
  tolerated,        ///< 1 % slower throughout, in every cell
  slower,           ///< 5 % slower throughout
  stall,            ///< 10 ms of waiting after every 50 ms of work
  failing,          ///< 1 % of the operations fail
  failing_equally,  ///< 1 % of the operations fail on both sides
  exits,            ///< one process in five exits and is started again
  regime,           ///< one process in five is 63 % slower
};

/// One kind of simulated suite: blocks of 20 groups of four slices of 1 ms of work. The defaults
/// give a block an s.d. of 1.7 % by location and of about 4.5 % by total.
struct quantity_experiment {
  defect of_first_cell = defect::none;
  std::size_t cells = 20;
  unsigned blocks = 14;
  double slice_sd = 0.05;      ///< s.d. of a slice's log time
  double process_sd = 0.01;    ///< s.d. of a process's log time
  double burst_share = 0.004;  ///< slices in which a neighbour takes 1 to 5 ms
  unsigned suites = 1'000;
  std::uint64_t seed = 1;
};

struct quantity_record {
  unsigned suites = 0;
  unsigned false_alarms = 0;              ///< a cell without defect is called a regression
  unsigned found = 0;                     ///< the first cell is called a regression
  unsigned missed = 0;                    ///< the first cell passes
  unsigned passed = 0;                    ///< every cell passes
  unsigned improved = 0;                  ///< a cell is called improved
  std::array<unsigned, 5> found_by = {};  ///< location, then the quantities in their order
};

/// Draws the blocks of one cell.
class slice_simulator {
 public:
  slice_simulator(const quantity_experiment& experiment, std::uint64_t seed)
      : experiment_(experiment), normal_(noise_kind::normal, 1, seed), stream_(~seed) {}

  block_record draw(std::uint64_t round, defect of) {
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
    block_record record = record_of(round, slices);
    if (of == defect::failing || of == defect::failing_equally)
      record.failed_operations.candidate = failed_share();
    if (of == defect::failing_equally) record.failed_operations.baseline = failed_share();
    if (of == defect::exits && stream_.uniform() < 0.2) record.failed_processes.candidate = 0.5;
    return record;
  }

 private:
  /// Share of failures of 2,000 operations with a probability of 1 %, normal approximation.
  double failed_share() {
    return std::max(0.0, 0.01 + std::sqrt(0.01 * 0.99 / 2'000) * normal_.normal());
  }

  quantity_experiment experiment_;
  block_simulator normal_;
  flip_stream stream_;
};

inline quantity_record simulate_quantities(const quantity_experiment& experiment) {
  constexpr double false_alarms = 0.01, bound_level = 0.025;
  flip_options flips;
  flips.draws = 1'999;
  flips.enumerate_up_to = 10;
  slice_simulator simulator(experiment, experiment.seed);
  quantity_record record;
  record.suites = experiment.suites;
  for (unsigned suite = 0; suite < experiment.suites; ++suite) {
    flips.seed = experiment.seed * 1'000'003 + suite;
    std::vector<std::vector<block_record>> blocks(experiment.cells);
    std::vector<cell_comparison> cells;
    for (std::size_t c = 0; c < experiment.cells; ++c) {
      const defect of = c == 0 || experiment.of_first_cell == defect::tolerated
                            ? experiment.of_first_cell
                            : defect::none;
      for (unsigned b = 0; b < experiment.blocks; ++b) blocks[c].push_back(simulator.draw(b, of));
      cells.push_back(figures_of({}, blocks[c], bound_level, flips));
    }
    decide_together(cells, blocks, false_alarms, flips);
    const bool first_is_worse = experiment.of_first_cell != defect::none &&
                                experiment.of_first_cell != defect::tolerated &&
                                experiment.of_first_cell != defect::failing_equally;
    bool alarm = false, pass = true, improved = false;
    for (std::size_t c = 0; c < experiment.cells; ++c) {
      alarm |= cells[c].outcome == verdict::regression && !(c == 0 && first_is_worse);
      pass &= cells[c].outcome == verdict::pass;
      improved |= cells[c].improvement;
    }
    record.false_alarms += alarm;
    record.passed += pass;
    record.improved += improved;
    record.found += cells[0].outcome == verdict::regression;
    record.missed += cells[0].outcome == verdict::pass;
    record.found_by[0] += cells[0].adjusted_p && *cells[0].adjusted_p <= false_alarms;
    for (const quantity_comparison& q : cells[0].quantities)
      record.found_by[1 + static_cast<std::size_t>(q.of)] += *q.adjusted_p <= false_alarms;
  }
  return record;
}

}  // namespace crossover
