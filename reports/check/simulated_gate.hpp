#pragma once

#include "reports/check/run_gate.hpp"
#include "reports/statistics/binomial.hpp"
#include "reports/statistics/simulated_blocks.hpp"

namespace crossover {

/// Parameters of a simulation: many suites through the gate.
struct gate_experiment {
  unsigned suites = 10'000;
  std::size_t cells = 20;
  noise_kind kind = noise_kind::normal;
  double sd = 0.015;        ///< s.d. of a block's log ratio
  double shift = 0;         ///< true slowdown of every cell: 0.01 is 1 %
  double slower = 0;        ///< true slowdown of the first cell; 0: `shift`
  double layout_sd = 0;     ///< s.d. of the log ratio of a pair of links, in every cell
  unsigned link_pairs = 0;  ///< 0: the suite has one pair, which is never exchanged
  double budget_s = 300;
  bool adds_work = true;  ///< the slowdown of a control is work, and not counted into its readings
  std::uint64_t seed = 1;
};

/// Number of suites with each outcome.
struct gate_record {
  unsigned suites = 0;
  unsigned false_alarms = 0;    ///< a cell within tolerance was called a regression
  unsigned found = 0;           ///< the slower cell was called a regression
  unsigned missed = 0;          ///< the slower cell passed
  unsigned passed = 0;          ///< the suite passed
  unsigned wrong_controls = 0;  ///< a control came out wrong
  double control_blocks = 0;    ///< mean number of blocks of the controls per suite
  double blocks = 0;            ///< mean number of blocks per suite
};

/// Returns a block with this log ratio by location and by total.
inline block_record record_with(double log_ratio) {
  return {.location = log_ratio, .total = log_ratio};
}

/// Returns cells whose blocks are drawn: `draw(cell, round)` returns a `pair_block`.
template <typename Draw>
paired_cells drawn_cells(std::span<const gated_cell> cells, Draw draw) {
  paired_cells drawn;
  for (const gated_cell& cell : cells) drawn.names.push_back(cell.name);
  drawn.prepare = [cells](std::size_t cell) { return pair_block{.seconds = cells[cell].block_s}; };
  drawn.measure = draw;
  return drawn;
}

/// Draws whole rounds, because the noise of a round may be shared by its cells. The layouts of the
/// links are drawn for each suite.
class drawn_rounds {
 public:
  drawn_rounds(block_simulator& noise, const std::vector<double>& shifts,
               const gate_experiment& experiment)
      : noise_(noise), shifts_(shifts), pairs_(std::max(1u, experiment.link_pairs)) {
    for (std::size_t i = 0; experiment.layout_sd > 0 && i < pairs_ * shifts.size(); ++i)
      layouts_.push_back(experiment.layout_sd * noise.normal());
  }

  pair_block operator()(std::size_t cell, std::uint64_t round) {
    if (values_.empty() || round != round_) {
      values_.clear();
      for (const std::vector<block>& blocks : noise_.blocks(1, shifts_, round))
        values_.push_back(blocks.front().log_ratio);
      round_ = round;
    }
    const double layout =
        layouts_.empty() ? 0 : layouts_[cell * pairs_ + static_cast<std::size_t>(round % pairs_)];
    return pair_block{.record = record_with(values_[cell] + layout)};
  }

 private:
  block_simulator& noise_;
  const std::vector<double>& shifts_;
  std::vector<double> values_, layouts_;
  std::size_t pairs_;
  std::uint64_t round_ = 0;
};

/// Returns the number of blocks behind the verdicts of a suite.
inline std::size_t blocks_of(const check_result& result) {
  std::size_t blocks = 0;
  for (const cell_comparison& cell : result.cells)
    blocks += cell.screen_blocks + (cell.decided == decided_by::confirmation ? cell.blocks : 0);
  return blocks;
}

/// Returns options whose tests flip signs less often than the default: simulations repeat them.
inline gate_options simulated_options() {
  gate_options options;
  options.flips.draws = 1'999;
  options.flips.enumerate_up_to = 10;
  return options;
}

inline gate_record simulate_gate(const gate_experiment& experiment) {
  gate_options options = simulated_options();
  options.budget_s = experiment.budget_s;
  options.link_pairs = experiment.link_pairs;
  std::vector<gated_cell> cells(experiment.cells);
  for (std::size_t c = 0; c < cells.size(); ++c) cells[c].name = std::to_string(c);
  const block_plan plan = plan_blocks(options, cells);
  block_simulator noise(experiment.kind, experiment.sd, experiment.seed),
      control_noise(experiment.kind, experiment.sd, ~experiment.seed);
  std::vector<double> shifts(experiment.cells, std::log1p(experiment.shift));
  if (experiment.slower != 0) shifts[0] = std::log1p(experiment.slower);
  gate_record record;
  record.suites = experiment.suites;
  double blocks = 0, control_blocks = 0;
  for (unsigned suite = 0; suite < experiment.suites; ++suite) {
    options.flips.seed = experiment.seed * 1'000'003 + suite;
    paired_cells drawn = drawn_cells(cells, drawn_rounds(noise, shifts, experiment));
    drawn.link_pairs = experiment.link_pairs;
    drawn.measure_control = [&](std::size_t, double slower) {
      return pair_block{.record =
                            record_with(control_noise.log_ratios(1, std::log1p(slower)).front())};
    };
    drawn.can_be_slowed = [&](std::size_t, double) { return experiment.adds_work; };
    const check_result result = run_gate(drawn, options, {}, {}, &plan);
    blocks += static_cast<double>(blocks_of(result));
    for (const control_comparison& control : result.controls)
      if (!control.is_counted) control_blocks += control.blocks;
    record.wrong_controls += has_wrong_control(result);
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
  record.control_blocks = control_blocks / experiment.suites;
  return record;
}

}  // namespace crossover
