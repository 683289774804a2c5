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
  check_result found;
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
  const std::vector<survivor> going_on = survivors(plan, options, cells, screen);
  unsigned rounds = 0;
  for (const survivor& one : going_on) rounds = std::max(rounds, one.blocks);
  const std::vector<std::vector<block>> fresh = draw(rounds, 1'000'000);
  for (const survivor& one : going_on) {
    const std::span<const block> all = std::span(fresh[one.cell]).first(one.blocks);
    std::size_t taken = std::min<std::size_t>(plan.confirm_blocks, all.size());
    while (taken < all.size() &&
           !enough_blocks(plan, options, cells[one.cell], going_on.size(), all.first(taken)))
      ++taken;
    measured[one.cell].confirm.assign(all.begin(),
                                      all.begin() + static_cast<std::ptrdiff_t>(taken));
    simulated.blocks += taken;
  }
  simulated.found = compare_blocks(plan, options, cells, measured);
  return simulated;
}

}  // namespace crossover
