#pragma once

#include "reports/check/gate.hpp"
#include "reports/check/simulated_suite.hpp"
#include "reports/statistics/binomial.hpp"
#include "reports/statistics/simulated_blocks.hpp"

namespace crossover {

/// Parameters of a simulation: many suites through both stages of the gate.
struct gate_experiment {
  unsigned suites = 10'000;
  std::size_t cells = 20;
  noise_kind kind = noise_kind::normal;
  double sd = 0.015;  ///< s.d. of a block's log ratio
  double shift = 0;   ///< true slowdown of every cell: 0.01 is 1 %
  double slower = 0;  ///< true slowdown of the first cell; 0: `shift`
  double budget_s = 300;
  std::uint64_t seed = 1;
};

/// Number of suites with each outcome.
struct gate_record {
  unsigned suites = 0;
  unsigned false_alarms = 0;  ///< a cell within tolerance was called a regression
  unsigned found = 0;         ///< the slower cell was called a regression
  unsigned missed = 0;        ///< the slower cell passed
  unsigned passed = 0;        ///< the suite passed
  double blocks = 0;          ///< mean number of blocks per suite
};

inline gate_record simulate_gate(const gate_experiment& experiment) {
  gate_options options;
  options.budget_s = experiment.budget_s;
  options.flips.draws = 1'999;
  options.flips.enumerate_up_to = 10;
  const std::vector<gated_cell> cells(experiment.cells);
  const block_plan plan = plan_blocks(options, cells);
  block_simulator noise(experiment.kind, experiment.sd, experiment.seed);
  std::vector<double> shifts(experiment.cells, std::log1p(experiment.shift));
  if (experiment.slower != 0) shifts[0] = std::log1p(experiment.slower);
  gate_record record;
  record.suites = experiment.suites;
  double blocks = 0;
  for (unsigned suite = 0; suite < experiment.suites; ++suite) {
    options.flips.seed = experiment.seed * 1'000'003 + suite;
    const auto [result, drawn] =
        simulate_suite(plan, options, cells, [&](unsigned rounds, std::uint64_t first_round) {
          return noise.blocks(rounds, shifts, first_round);
        });
    blocks += static_cast<double>(drawn);
    bool alarm = false;
    for (std::size_t c = 0; c < experiment.cells; ++c)
      alarm |= result.cells[c].outcome == verdict::regression &&
               std::expm1(shifts[c]) <= options.rates.tolerate + 1e-12;
    record.false_alarms += alarm;
    record.found += result.cells[0].outcome == verdict::regression;
    record.missed += result.cells[0].outcome == verdict::pass;
    record.passed += verdict_of(result) == verdict::pass;
  }
  record.blocks = blocks / experiment.suites;
  return record;
}

}  // namespace crossover
