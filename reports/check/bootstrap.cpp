#include "reports/check/bootstrap.hpp"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "reports/check/simulated_gate.hpp"
#include "reports/statistics/flip_patterns.hpp"

namespace crossover {
namespace {

/// Minimum number of recorded blocks for resampling a cell; fewer would be drawn over and over.
constexpr std::size_t min_pool = 12;

/// Assumed truth of simulated suites.
struct scenario {
  std::string name;
  double shift = 0;  ///< true log ratio of the slower cells
  /// Indices of the slower cells, one per suite in rotation. Empty: all cells are slower.
  std::vector<std::size_t> slower = {};
  /// Draw the slower cell's blocks from those measured with the slowdown instead of shifting.
  bool as_measured = false;
};

/// Source of one cell's blocks.
struct block_draws {
  const std::vector<double>* pool;
  double shift;
  bool random_sign;
};

std::vector<block_draws> draws_of(const scenario& assumed, const std::vector<block_pool>& pools,
                                  std::optional<std::size_t> slowed) {
  std::vector<block_draws> draws;
  for (std::size_t c = 0; c < pools.size(); ++c) {
    if (c == slowed && assumed.as_measured)
      draws.push_back({&pools[c].slower, 0, false});
    else
      draws.push_back({&pools[c].identical, !slowed || c == slowed ? assumed.shift : 0, true});
  }
  return draws;
}

double drawn(const block_draws& from, flip_stream& stream) {
  const double value = (*from.pool)[stream.below(from.pool->size())];
  const bool flipped = from.random_sign && (stream.next() >> 63) == 0;
  return (flipped ? -value : value) + from.shift;
}

void count(bootstrap_result& result, const check_result& checked,
           std::optional<std::size_t> slowed) {
  bool alarm = false;
  for (std::size_t c = 0; c < checked.cells.size(); ++c)
    alarm |= c != slowed && checked.cells[c].outcome == verdict::regression;
  result.false_alarm.count(alarm);
  result.passed.count(verdict_of(checked) == verdict::pass);
  if (slowed) {
    result.found.count(checked.cells[*slowed].outcome == verdict::regression);
    result.missed.count(checked.cells[*slowed].outcome == verdict::pass);
  }
}

bootstrap_result simulate(const scenario& assumed, const std::vector<block_pool>& pools,
                          gate_options gate, const bootstrap_options& options, std::uint64_t seed) {
  std::vector<gated_cell> cells;
  for (const block_pool& pool : pools)
    cells.push_back({pool.name, gate.rates.tolerate, gate.rates.detect, pool.block_s});
  const block_plan plan = plan_blocks(gate, cells);
  flip_stream stream(seed);
  bootstrap_result result;
  result.scenario = assumed.name;
  std::size_t blocks = 0;
  for (unsigned suite = 0; suite < options.suites; ++suite) {
    gate.flips.seed = seed * 1'000'003 + suite;
    std::optional<std::size_t> slowed;
    if (!assumed.slower.empty()) slowed = assumed.slower[suite % assumed.slower.size()];
    const std::vector<block_draws> draws = draws_of(assumed, pools, slowed);
    const check_result checked =
        run_gate(drawn_cells(cells,
                             [&](std::size_t c, std::uint64_t) {
                               return pair_block{.record = record_with(drawn(draws[c], stream))};
                             }),
                 gate, {}, {}, &plan);
    count(result, checked, slowed);
    blocks += blocks_of(checked);
  }
  result.blocks = static_cast<double>(blocks) / options.suites;
  return result;
}

std::vector<scenario> scenarios_of(const std::vector<block_pool>& pools, const error_rates& rates) {
  std::vector<std::size_t> slowed, measured;
  for (std::size_t c = 0; c < pools.size(); ++c) {
    if (pools[c].found.of > 0) slowed.push_back(c);
    if (pools[c].slower.size() >= min_pool) measured.push_back(c);
  }
  std::vector<scenario> scenarios = {
      {.name = "identical"},
      {.name = fmt::format("every cell slower by the tolerated {}", as_percent(rates.tolerate)),
       .shift = std::log1p(rates.tolerate)}};
  if (!slowed.empty())
    scenarios.push_back(
        {.name = fmt::format("one cell slower by {}: blocks of identical code, shifted",
                             as_percent(rates.detect)),
         .shift = std::log1p(rates.detect),
         .slower = slowed});
  if (!measured.empty())
    scenarios.push_back({.name = "one cell slowed down: blocks measured with the slowdown",
                         .slower = measured,
                         .as_measured = true});
  return scenarios;
}

}  // namespace

std::vector<bootstrap_result> bootstrap_suites(const std::vector<block_pool>& pools,
                                               const error_rates& rates,
                                               const bootstrap_options& options) {
  std::vector<block_pool> usable;
  for (const block_pool& pool : pools)
    if (pool.identical.size() >= min_pool) usable.push_back(pool);
  std::vector<bootstrap_result> results;
  if (usable.empty() || options.suites == 0) return results;
  gate_options gate;
  gate.rates = rates;
  gate.flips.draws = options.draws;
  gate.flips.enumerate_up_to = 10;
  for (const scenario& assumed : scenarios_of(usable, rates))
    results.push_back(simulate(assumed, usable, gate, options, options.seed + results.size()));
  return results;
}

}  // namespace crossover
