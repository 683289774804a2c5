#include "reports/check/bootstrap.hpp"

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <optional>
#include <utility>

#include "reports/check/simulated_gate.hpp"
#include "reports/statistics/flip_patterns.hpp"

namespace crossover {
namespace {

/// Minimum number of recorded blocks for resampling a cell; fewer would be drawn over and over.
constexpr std::size_t min_pool = 12;

/// Number of slices of a block whose slices last 1 ms.
constexpr std::size_t most_slices = 80;

/// Draws a block of a cell.
using block_draw = std::function<block_record(const block_pool&, flip_stream&)>;

/// Assumed truth of simulated suites.
struct scenario {
  std::string name;
  block_draw worse = {};  ///< of the slower cells; empty: there are none
  /// Indices of the slower cells, one per suite in rotation. Empty: all cells are slower.
  std::vector<std::size_t> slower = {};
};

bool is_heads(flip_stream& stream) { return (stream.next() >> 63) == 0; }

const recorded_block& drawn(const std::vector<const recorded_block*>& pool, flip_stream& stream) {
  return *pool[stream.below(pool.size())];
}

block_record exchanged(block_record record) {
  record.location = -record.location;
  record.total = -record.total;
  std::swap(record.slow.baseline, record.slow.candidate);
  std::swap(record.failed_operations.baseline, record.failed_operations.candidate);
  return record;
}

block_record identical_block(const block_pool& pool, flip_stream& stream) {
  const block_record& record = drawn(pool.identical, stream).record;
  return is_heads(stream) ? exchanged(record) : record;
}

block_record measured_block(const block_pool& pool, flip_stream& stream) {
  return drawn(pool.slower, stream).record;
}

block_draw shifted_by(double slower) {
  return [shift = std::log1p(slower)](const block_pool& pool, flip_stream& stream) {
    block_record record = identical_block(pool, stream);
    record.location += shift;
    record.total += shift;
    return record;
  };
}

/// A stall of 10 ms hits every 50th slice of 1 ms.
block_record stalling_block(const block_pool& pool, flip_stream& stream) {
  std::vector<slice> slices = drawn(pool.identical, stream).slices;
  const bool exchanges = is_heads(stream);
  std::size_t number = stream.below(50);
  for (slice& s : slices) {
    if (exchanges) s.which = s.which == side::baseline ? side::candidate : side::baseline;
    if (s.which == side::candidate && ++number % 50 == 0) s.figure *= 11;
  }
  return record_of(slices);
}

block_record failing_block(const block_pool& pool, flip_stream& stream) {
  block_record record = identical_block(pool, stream);
  record.failed_operations.candidate += 0.01;
  return record;
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
    const auto draw = [&](std::size_t c, std::uint64_t) {
      const bool is_worse = assumed.worse && (!slowed || c == slowed);
      return pair_block{.record = (is_worse ? assumed.worse : identical_block)(pools[c], stream)};
    };
    const check_result checked = run_gate(drawn_cells(cells, draw), gate, {}, {}, &plan);
    count(result, checked, slowed);
    blocks += blocks_of(checked);
  }
  result.blocks = static_cast<double>(blocks) / options.suites;
  return result;
}

std::vector<scenario> scenarios_of(const std::vector<block_pool>& pools, const error_rates& rates) {
  std::vector<std::size_t> all, on_cores, in_short_slices, measured;
  for (std::size_t c = 0; c < pools.size(); ++c) {
    all.push_back(c);
    if (uses_several_cores(pools[c].name)) on_cores.push_back(c);
    if (pools[c].identical.front()->slices.size() >= most_slices) in_short_slices.push_back(c);
    if (pools[c].slower.size() >= min_pool) measured.push_back(c);
  }
  std::vector<scenario> scenarios = {
      {"identical"},
      {fmt::format("every cell slower by the tolerated {}", as_percent(rates.tolerate)),
       shifted_by(rates.tolerate)}};
  const auto add = [&](std::string name, block_draw worse, const std::vector<std::size_t>& cells) {
    if (!cells.empty()) scenarios.push_back({std::move(name), std::move(worse), cells});
  };
  for (const double slower : {0.01, 0.02, 0.03, 0.05, 0.1})
    add(fmt::format("one cell slower by {}", as_percent(slower)), shifted_by(slower), all);
  add(fmt::format("one cell on several cores slower by {}", as_percent(rates.detect)),
      shifted_by(rates.detect), on_cores);
  add("one cell slowed down: blocks measured with the slowdown", measured_block, measured);
  add("one cell stalls for 10 ms after every 50 ms (cells with slices of 1 ms)", stalling_block,
      in_short_slices);
  add("1 % of the operations of one cell fail", failing_block, all);
  return scenarios;
}

}  // namespace

bool uses_several_cores(const std::string& name) {
  return name.find("/cores:") != std::string::npos && name.find("/cores:1/") == std::string::npos;
}

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
