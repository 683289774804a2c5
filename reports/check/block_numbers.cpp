#include "reports/check/block_numbers.hpp"

#include <algorithm>
#include <cmath>

#include "reports/statistics/power.hpp"
#include "reports/statistics/regimes.hpp"

namespace crossover {
namespace {

/// Blocks beyond the minimum for the level, so that a single block of the wrong sign does not
/// decide: a slowdown is still found if 2^3 patterns are as extreme as the data.
constexpr unsigned spare_blocks = 3;

}  // namespace

double alternative(const gated_cell& cell) {
  return std::log1p(cell.detect) - std::log1p(cell.tolerate);
}

double confirming_power(const gate_options& options, bool screens) {
  return screens ? options.rates.power / (1 - (1 - options.rates.power) / 2) : options.rates.power;
}

unsigned min_blocks(const gate_options& options, std::size_t together, bool screens) {
  const auto cells = static_cast<unsigned>(together);
  const double level = options.rates.false_alarms;
  const unsigned decisive = blocks_for_level(level, cells) + spare_blocks;
  if (options.regimes == 0) return decisive;
  const auto showing = static_cast<unsigned>(
      blocks_to_show(options.regimes, level, cells, confirming_power(options, screens)));
  return std::max(decisive, showing);
}

unsigned fewest_fresh_blocks(const block_plan& plan, const gate_options& options,
                             std::size_t together) {
  return std::max(plan.confirm_blocks, min_blocks(options, together, plan.screens));
}

unsigned blocks_of_a_pass(const gate_options& options) {
  if (options.regimes == 0) return 0;
  return static_cast<unsigned>(blocks_to_meet(options.regimes, 1 - (1 - options.rates.power) / 2));
}

std::optional<unsigned> confirm_blocks(const gate_options& options, double sd, double shift,
                                       std::size_t together, bool screens) {
  const double level = options.rates.false_alarms / static_cast<double>(together);
  const auto enough = blocks_for_power(sd, shift, level, confirming_power(options, screens));
  if (!enough) return std::nullopt;
  return std::max(*enough, min_blocks(options, together, screens));
}

}  // namespace crossover
