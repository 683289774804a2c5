#include "reports/check/calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "reports/check/simulated_suite.hpp"
#include "reports/statistics/flip_patterns.hpp"
#include "reports/statistics/rank_test.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

constexpr double rank_test_level = 0.05;
/// Minimum number of recorded blocks for resampling a cell; fewer would be drawn over and over.
constexpr std::size_t min_pool = 12;

bool comparable(const recorded_suite& a, const recorded_suite& b) {
  const auto same_names = [](const recorded_cell& x, const recorded_cell& y) {
    return x.name == y.name;
  };
  return a.machine == b.machine && a.program == b.program && a.tolerate == b.tolerate &&
         a.detect == b.detect && a.false_alarms == b.false_alarms && a.power == b.power &&
         std::equal(a.cells.begin(), a.cells.end(), b.cells.begin(), b.cells.end(), same_names);
}

/// A cell's recorded log ratios, and the wall time of one of its blocks.
struct pool {
  std::string name;
  std::vector<double> identical, slower;
  double block_s = 0;
  proportion found;
};

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double sd_of(const std::vector<double>& values) {
  const double mean = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return values.size() < 2 ? 0 : std::sqrt(squares / static_cast<double>(values.size() - 1));
}

std::vector<pool> pools_of(const std::vector<const recorded_suite*>& suites) {
  std::vector<pool> pools;
  for (const recorded_cell& cell : suites.front()->cells)
    pools.push_back({cell.name, {}, {}, 0, {}});
  for (const recorded_suite* suite : suites)
    for (std::size_t c = 0; c < pools.size(); ++c) {
      const recorded_cell& cell = suite->cells[c];
      const bool slowed = cell.name == suite->slower_cell;
      for (const auto* stage : {&cell.screen, &cell.confirm})
        for (const recorded_block& b : *stage)
          (slowed ? pools[c].slower : pools[c].identical).push_back(b.log_ratio);
      pools[c].block_s += cell.block_s / static_cast<double>(suites.size());
      if (slowed) pools[c].found.count(cell.outcome == verdict::regression);
    }
  return pools;
}

/// The baseline's figures from the first half of the screen's blocks against the candidate's from
/// the second half.
std::optional<double> sequential_shift(const recorded_cell& cell, double& p) {
  std::vector<double> before, after;
  const std::size_t half = cell.screen.size() / 2;
  for (std::size_t i = 0; i < half; ++i)
    before.insert(before.end(), cell.screen[i].old_figures.begin(),
                  cell.screen[i].old_figures.end());
  for (std::size_t i = half; i < cell.screen.size(); ++i)
    after.insert(after.end(), cell.screen[i].new_figures.begin(), cell.screen[i].new_figures.end());
  if (before.size() < 2 || after.size() < 2) return std::nullopt;
  p = rank_test_p(before, after);
  return mean_of(after) / mean_of(before) - 1;
}

void count_live(const recorded_suite& suite, calibration& found) {
  bool alarm = false, flagged = false, all_pass = suite.failures.empty();
  for (const recorded_cell& cell : suite.cells) {
    const bool slowed = cell.name == suite.slower_cell;
    double p = 1;
    const std::optional<double> shift = sequential_shift(cell, p);
    if (slowed) {
      found.found.count(cell.outcome == verdict::regression);
      found.missed.count(cell.outcome == verdict::pass);
      if (shift) found.rank_found.count(p<rank_test_level&& * shift> 0);
      continue;
    }
    alarm |= cell.outcome == verdict::regression;
    all_pass &= cell.outcome == verdict::pass;
    if (shift) found.rank_flagged_cell.count(p < rank_test_level);
    flagged |= shift && p < rank_test_level;
  }
  if (suite.slower_cell.empty()) {
    found.false_alarm.count(alarm);
    found.passed.count(all_pass);
    found.rank_flagged_suite.count(flagged);
    found.mean_wall_s += suite.wall_s;
    found.longest_wall_s = std::max(found.longest_wall_s, suite.wall_s);
    for (const recorded_cell& cell : suite.cells)
      found.mean_blocks += static_cast<double>(cell.screen.size() + cell.confirm.size());
  } else {
    found.false_alarm_elsewhere.count(alarm);
  }
  for (const std::string& failure : suite.failures)
    found.failures.push_back(suite.date + ": " + failure);
}

/// Assumed truth of simulated suites. If `slower` is empty, every cell is shifted; otherwise one of
/// these cells per suite, in rotation.
struct scenario {
  std::string words;
  double shift = 0;
  std::vector<std::size_t> slower;  ///< indices of cells
  bool as_injected = false;         ///< draw the slower cell's blocks from those measured with the
                                    ///< slowdown, instead of shifting blocks of identical code
};

bootstrap_result bootstrap(const std::vector<pool>& pools, const gate_options& gate,
                           const scenario& scenario, const bootstrap_options& how,
                           std::uint64_t seed) {
  gate_options options = gate;
  options.flips.draws = how.draws;
  options.flips.enumerate_up_to = 10;
  std::vector<gated_cell> cells;
  for (const pool& p : pools)
    cells.push_back({p.name, options.tolerate, options.detect, p.block_s});
  const block_plan plan = plan_blocks(options, cells);
  flip_stream stream(seed);
  bootstrap_result seen;
  seen.scenario = scenario.words;
  double blocks = 0;
  for (unsigned suite = 0; suite < how.suites; ++suite) {
    options.flips.seed = seed * 1'000'003 + suite;
    const std::size_t slowed =
        scenario.slower.empty() ? cells.size() : scenario.slower[suite % scenario.slower.size()];
    const auto draw = [&](unsigned rounds, std::uint64_t first) {
      std::vector<std::vector<block>> drawn(cells.size());
      for (std::size_t c = 0; c < cells.size(); ++c) {
        const bool measured_slow = c == slowed && scenario.as_injected;
        const std::vector<double>& from = measured_slow ? pools[c].slower : pools[c].identical;
        const double shift =
            measured_slow || (!scenario.slower.empty() && c != slowed) ? 0 : scenario.shift;
        for (unsigned r = 0; r < rounds; ++r) {
          const double value = from[stream.below(from.size())];
          const double sign = measured_slow || (stream.next() >> 63) != 0 ? 1 : -1;
          drawn[c].push_back({sign * value + shift, first + r});
        }
      }
      return drawn;
    };
    const simulated_suite simulated = simulate_suite(plan, options, cells, draw);
    bool alarm = false;
    for (std::size_t c = 0; c < cells.size(); ++c)
      alarm |= c != slowed && simulated.found.cells[c].outcome == verdict::regression;
    seen.false_alarm.count(alarm);
    seen.passed.count(verdict_of(simulated.found) == verdict::pass);
    if (slowed < cells.size()) {
      seen.found.count(simulated.found.cells[slowed].outcome == verdict::regression);
      seen.missed.count(simulated.found.cells[slowed].outcome == verdict::pass);
    }
    blocks += static_cast<double>(simulated.blocks);
  }
  seen.blocks = blocks / how.suites;
  return seen;
}

void bootstrap_all(const std::vector<pool>& pools, calibration& found,
                   const bootstrap_options& options) {
  gate_options gate;
  gate.tolerate = found.tolerate;
  gate.detect = found.detect;
  gate.false_alarms = found.false_alarms;
  gate.power = found.power;
  std::vector<pool> full;
  for (const pool& p : pools)
    if (p.identical.size() >= min_pool) full.push_back(p);
  if (full.empty() || options.suites == 0) return;
  std::vector<std::size_t> slowed, injected;
  for (std::size_t c = 0; c < full.size(); ++c) {
    if (full[c].found.of > 0) slowed.push_back(c);
    if (full[c].slower.size() >= min_pool) injected.push_back(c);
  }
  std::vector<scenario> scenarios = {
      {"identical", 0, {}, false},
      {fmt::format("every cell slower by the tolerated {}", as_percent(gate.tolerate)),
       std::log1p(gate.tolerate),
       {},
       false}};
  if (!slowed.empty())
    scenarios.push_back({fmt::format("one cell slower by {}: blocks of identical code, shifted",
                                     as_percent(gate.detect)),
                         std::log1p(gate.detect), slowed, false});
  if (!injected.empty())
    scenarios.push_back(
        {"one cell slowed down: blocks measured with the slowdown", 0, injected, true});
  for (const scenario& scenario : scenarios)
    found.bootstrap.push_back(
        bootstrap(full, gate, scenario, options, options.seed + found.bootstrap.size()));
}

}  // namespace

calibration calibrate(const std::vector<recorded_suite>& recordings,
                      const bootstrap_options& options) {
  if (recordings.empty())
    throw error(error_kind::unreadable,
                "no completed suite recorded yet: measure for a few minutes first");
  std::vector<const recorded_suite*> suites;
  for (const recorded_suite& suite : recordings)
    if (comparable(suite, recordings.back())) suites.push_back(&suite);
  calibration found;
  found.left_out = recordings.size() - suites.size();
  found.machine = recordings.back().machine;
  found.first_date = suites.front()->date;
  found.last_date = suites.back()->date;
  found.tolerate = recordings.back().tolerate;
  found.detect = recordings.back().detect;
  found.false_alarms = recordings.back().false_alarms;
  found.power = recordings.back().power;
  for (const recorded_suite* suite : suites) {
    found.slower = std::max(found.slower, suite->slower);
    count_live(*suite, found);
  }
  if (found.false_alarm.of > 0) {
    found.mean_wall_s /= found.false_alarm.of;
    found.mean_blocks /= found.false_alarm.of;
  }
  const std::vector<pool> pools = pools_of(suites);
  for (const pool& p : pools) {
    calibrated_cell cell{p.name, static_cast<unsigned>(p.identical.size()), 0,
                         0,      static_cast<unsigned>(p.slower.size()),    std::nullopt,
                         p.found};
    if (!p.identical.empty()) cell.mean = mean_of(p.identical), cell.sd = sd_of(p.identical);
    if (!p.slower.empty()) cell.slower_mean = mean_of(p.slower);
    if (cell.slower_mean && std::expm1(*cell.slower_mean) * 100 >= found.slower / 2) {
      found.found_if_injection_visible.times += cell.found.times;
      found.found_if_injection_visible.of += cell.found.of;
    }
    found.cells.push_back(std::move(cell));
  }
  bootstrap_all(pools, found, options);
  return found;
}

}  // namespace crossover
