#include "reports/check/gate_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "reports/check/block_numbers.hpp"
#include "reports/statistics/power.hpp"
#include "reports/units.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

void validate(const gate_options& options, std::span<const gated_cell> cells) {
  const auto share = [](const char* name, double value) {
    if (!(value > 0 && value < 1))
      throw error(error_kind::invalid,
                  fmt::format("{} is {}: must be between 0 and 100 %", name, value));
  };
  share("--false-alarms", options.rates.false_alarms);
  share("--power", options.rates.power);
  if (options.regimes != 0) share("--regimes", options.regimes);
  if (cells.empty()) throw error(error_kind::invalid, "no cell to compare: widen the selection");
  for (const gated_cell& cell : cells)
    if (!(cell.tolerate >= 0 && cell.detect > cell.tolerate && std::isfinite(cell.detect)))
      throw error(error_kind::invalid,
                  fmt::format("{}: --tolerate {} must be at least 0 and below --detect {}",
                              cell.name, as_percent(cell.tolerate), as_percent(cell.detect)));
}

/// Fewest pairs of links that can show a regression, or a pass, of one of `together` cells.
unsigned pairs_to_confirm(const gate_options& options, std::size_t together) {
  return std::max(blocks_for_level(options.rates.false_alarms, static_cast<unsigned>(together)),
                  blocks_for_level((1 - options.rates.power) / 2));
}

/// Divides the pairs of links between the stages, so that none is in both.
void divide_pairs(block_plan& plan, const gate_options& options) {
  if (options.link_pairs == 0) return;
  if (plan.screens)
    plan.screen_pairs =
        std::min(plan.screen_blocks,
                 options.link_pairs - pairs_to_confirm(options, plan.expected_survivors));
  plan.confirm_pairs = options.link_pairs - plan.screen_pairs;
}

}  // namespace

block_plan plan_blocks(const gate_options& options, std::span<const gated_cell> cells) {
  validate(options, cells);
  double block_s = 0, shift = INFINITY, hardest_detect = INFINITY;
  for (const gated_cell& cell : cells) {
    block_s += cell.block_s;
    shift = std::min(shift, alternative(cell));
    hardest_detect = std::min(hardest_detect, std::log1p(cell.detect));
  }
  const std::size_t count = cells.size();
  const double mean_s = block_s / static_cast<double>(count);
  const auto sized = [&](std::size_t together, bool screens) {
    return confirm_blocks(options, options.block_sd, shift, together, screens).value_or(1000);
  };

  block_plan plan;
  plan.confirm_blocks = sized(count, false);
  plan.expected_survivors = static_cast<unsigned>(count);
  plan.expected_s = plan.confirm_blocks * block_s;
  plan.bound_level = 1 - options.rates.power;

  const double half = (1 - options.rates.power) / 2;
  const unsigned least = std::max(blocks_for_level(half), blocks_of_a_pass(options));
  bool has_pairs =
      options.link_pairs == 0 || options.link_pairs >= pairs_to_confirm(options, count);
  for (unsigned screen = least; screen < least + 200; ++screen) {
    // Identical code survives when its upper bound fails to exclude `detect`; one cell is expected
    // to have changed.
    const double idle = 1 - sign_flip_power(screen, options.block_sd, hardest_detect, half);
    const double survive =
        std::min(static_cast<double>(count), 1 + idle * static_cast<double>(count - 1));
    const auto together = static_cast<std::size_t>(std::ceil(survive));
    if (options.link_pairs > 0) {
      if (options.link_pairs < blocks_for_level(half) + pairs_to_confirm(options, together))
        continue;
      if (!std::exchange(has_pairs, true)) plan.expected_s = INFINITY;
    }
    const unsigned confirm = sized(together, true);
    const double expected_s = screen * block_s + survive * confirm * mean_s;
    if (expected_s < plan.expected_s)
      plan = {.screens = true,
              .screen_blocks = screen,
              .confirm_blocks = confirm,
              .expected_survivors = static_cast<unsigned>(together),
              .expected_s = expected_s,
              .bound_level = half};
  }
  if (!has_pairs)
    throw error(
        error_kind::invalid,
        fmt::format("{} of each side: {} at {} false alarms need at least {}; give more links "
                    "or select fewer cells",
                    counted(options.link_pairs, "link"), counted(count, "cell"),
                    as_percent(options.rates.false_alarms), pairs_to_confirm(options, count)));
  divide_pairs(plan, options);
  const double level = options.rates.false_alarms / plan.expected_survivors;
  plan.visible =
      std::expm1(std::log1p(options.rates.tolerate) +
                 visible_shift(plan.confirm_blocks, options.block_sd, level, options.rates.power));
  plan.within_budget = plan.expected_s <= options.budget_s;
  return plan;
}

comparison_plan plan_of(const gate_options& options, const block_plan& plan) {
  return {.rates = options.rates,
          .bound_level = plan.bound_level,
          .regimes = options.regimes,
          .seed = options.flips.seed,
          .order = "slices alternate ABBA or BAAB at random",
          .screen_blocks = plan.screen_blocks,
          .confirm_blocks = plan.confirm_blocks,
          .expected_s = plan.expected_s > 0 ? std::optional(plan.expected_s) : std::nullopt};
}

std::string plan_text(const block_plan& plan, const gate_options& options, std::size_t cells) {
  std::string text =
      plan.screens ? fmt::format(
                         "{} cells: {} blocks each, then about {} fresh blocks for each of about "
                         "{} that need confirmation",
                         cells, plan.screen_blocks, plan.confirm_blocks, plan.expected_survivors)
                   : fmt::format("{}: {} blocks each", counted(cells, "cell"), plan.confirm_blocks);
  text += fmt::format(
      ", about {:.0f} s\ndetects {:.2g} % with {} power if blocks scatter by {:.2g} %; {} false "
      "alarms per suite, {} tolerated",
      std::ceil(plan.expected_s), plan.visible * 100, as_percent(options.rates.power),
      options.block_sd * 100, as_percent(options.rates.false_alarms),
      as_percent(options.rates.tolerate));
  if (options.regimes > 0)
    text +=
        fmt::format("\nshows a regime in {} of the processes of NEW", as_percent(options.regimes));
  if (plan.screen_pairs > 0)
    text += fmt::format("\n{} pairs of links for the first blocks, {} others to confirm",
                        plan.screen_pairs, plan.confirm_pairs);
  if (!plan.within_budget)
    text += fmt::format(
        "\nthe budget of {:.0f} s is too short: raise --budget or --detect, or select fewer cells",
        options.budget_s);
  return text;
}

}  // namespace crossover
