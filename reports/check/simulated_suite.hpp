#pragma once

#include <algorithm>
#include <functional>
#include <span>
#include <vector>

#include "reports/check/gate.hpp"

namespace crossover {

/// Source of a simulated suite's blocks: returns `rounds` blocks per cell, starting with round
/// `first_round`.
using block_draw =
    std::function<std::vector<std::vector<block>>(unsigned rounds, std::uint64_t first_round)>;

struct simulated_suite {
  check_result result;
  std::size_t blocks = 0;  ///< number drawn in both stages
};

/// Runs both stages of the gate on drawn instead of measured blocks; for simulations and for
/// resampling. The confirmation has other round numbers than the screen.
inline simulated_suite simulate_suite(const block_plan& plan, const gate_options& options,
                                      std::span<const gated_cell> cells, const block_draw& draw) {
  std::vector<measured_cell> measured(cells.size());
  const std::vector<std::vector<block>> screen = draw(plan.screen_blocks, 0);
  simulated_suite simulated;
  simulated.blocks = plan.screen_blocks * cells.size();
  for (std::size_t c = 0; c < cells.size(); ++c) measured[c].screen = screen[c];
  const std::vector<survivor> survived = survivors(plan, options, cells, screen);
  unsigned rounds = 0;
  for (const survivor& confirmed : survived) rounds = std::max(rounds, confirmed.blocks);
  const std::vector<std::vector<block>> fresh = draw(rounds, 1'000'000);
  for (const survivor& confirmed : survived) {
    const std::span<const block> drawn = std::span(fresh[confirmed.cell]).first(confirmed.blocks);
    std::size_t taken = std::min<std::size_t>(plan.confirm_blocks, drawn.size());
    while (taken < drawn.size() && !enough_blocks(plan, options, cells[confirmed.cell],
                                                  survived.size(), drawn.first(taken)))
      ++taken;
    measured[confirmed.cell].confirm.assign(drawn.begin(),
                                            drawn.begin() + static_cast<std::ptrdiff_t>(taken));
    simulated.blocks += taken;
  }
  simulated.result = compare_blocks(plan, options, cells, measured);
  return simulated;
}

}  // namespace crossover
