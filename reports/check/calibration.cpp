#include "reports/check/calibration.hpp"

#include <algorithm>
#include <cmath>

#include "reports/statistics/moments.hpp"
#include "reports/statistics/rank_test.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

constexpr double rank_test_level = 0.05;
constexpr std::size_t least_rank_figures = 9;

bool comparable(const recorded_suite& a, const recorded_suite& b) {
  const auto same_names = [](const recorded_cell& x, const recorded_cell& y) {
    return x.name == y.name;
  };
  return a.machine == b.machine && a.program == b.program && a.links == b.links &&
         a.rates == b.rates &&
         std::equal(a.cells.begin(), a.cells.end(), b.cells.begin(), b.cells.end(), same_names);
}

std::vector<block_pool> pools_of(const std::vector<const recorded_suite*>& suites) {
  std::vector<block_pool> pools;
  for (const recorded_cell& cell : suites.front()->cells) pools.push_back({.name = cell.name});
  for (const recorded_suite* suite : suites)
    for (std::size_t c = 0; c < pools.size(); ++c) {
      const recorded_cell& cell = suite->cells[c];
      const bool slowed = cell.name == suite->slower_cell;
      for (const auto* stage : {&cell.screen, &cell.confirm})
        for (const recorded_block& b : *stage)
          (slowed ? pools[c].slower : pools[c].identical).push_back(&b);
      pools[c].block_s += cell.block_s / static_cast<double>(suites.size());
      if (slowed) pools[c].found.count(cell.outcome == verdict::regression);
    }
  return pools;
}

/// Result of the U-test on a cell as if the candidate had been measured after the baseline.
struct sequential_test {
  bool flagged = false;
  double change = 0;  ///< of the means, relative
};

/// Appends the geometric mean of the side's two slices in each group of four.
void add_figures_of_groups(const recorded_block& block, side which, std::vector<double>& figures) {
  for (std::size_t i = 0; i + 3 < block.slices.size(); i += 4) {
    double product = 1;
    for (std::size_t k = i; k < i + 4; ++k)
      if (block.slices[k].which == which) product *= block.slices[k].figure;
    figures.push_back(std::sqrt(product));
  }
}

/// Compares the baseline's figures from the first half of the screen's blocks with the candidate's
/// from the second half. Returns nullopt for fewer than nine figures per side: compare.py then
/// warns, and three per side never differ at 5 %.
std::optional<sequential_test> test_sequentially(const recorded_cell& cell) {
  std::vector<double> before, after;
  for (std::size_t i = 0; i < cell.screen.size(); ++i)
    if (i < cell.screen.size() / 2)
      add_figures_of_groups(cell.screen[i], side::baseline, before);
    else
      add_figures_of_groups(cell.screen[i], side::candidate, after);
  if (std::min(before.size(), after.size()) < least_rank_figures) return std::nullopt;
  return sequential_test{.flagged = rank_test_p(before, after) < rank_test_level,
                         .change = moments_of(after).mean / moments_of(before).mean - 1};
}

std::vector<double> recorded_locations(const std::vector<const recorded_block*>& blocks) {
  std::vector<double> locations;
  for (const recorded_block* block : blocks) locations.push_back(block->record.location);
  return locations;
}

void count_slowed_cell(const recorded_cell& cell, calibration& result) {
  result.found.count(cell.outcome == verdict::regression);
  if (uses_several_cores(cell.name))
    result.found_on_cores.count(cell.outcome == verdict::regression);
  result.missed.count(cell.outcome == verdict::pass);
  if (const auto test = test_sequentially(cell))
    result.rank_found.count(test->flagged && test->change > 0);
}

void count_suite(const recorded_suite& suite, calibration& result) {
  bool alarm = false, is_improved = false, alarm_on_cores = false, has_several_cores = false;
  std::optional<bool> rank_alarm;
  bool all_pass = suite.failures.empty();
  for (const recorded_cell& cell : suite.cells) {
    if (cell.name == suite.slower_cell) {
      count_slowed_cell(cell, result);
      continue;
    }
    alarm |= cell.outcome == verdict::regression;
    is_improved |= cell.is_improved;
    has_several_cores |= uses_several_cores(cell.name);
    alarm_on_cores |= uses_several_cores(cell.name) && cell.outcome == verdict::regression;
    all_pass &= cell.outcome == verdict::pass;
    if (const auto test = test_sequentially(cell)) {
      result.rank_flagged_cell.count(test->flagged);
      rank_alarm = rank_alarm.value_or(false) || test->flagged;
    }
  }
  for (const std::string& failure : suite.failures)
    result.failures.push_back(suite.date + ": " + failure);
  if (!suite.slower_cell.empty()) {
    result.false_alarm_elsewhere.count(alarm);
    return;
  }
  result.false_alarm.count(alarm);
  result.false_improvement.count(is_improved);
  if (has_several_cores) result.false_alarm_on_cores.count(alarm_on_cores);
  result.passed.count(all_pass);
  if (rank_alarm) result.rank_flagged_suite.count(*rank_alarm);
  result.mean_wall_s += suite.wall_s;
  result.longest_wall_s = std::max(result.longest_wall_s, suite.wall_s);
  for (const recorded_cell& cell : suite.cells)
    result.mean_blocks += static_cast<double>(cell.screen.size() + cell.confirm.size());
}

calibrated_cell calibrated(const block_pool& pool) {
  const sample_moments identical = moments_of(recorded_locations(pool.identical)),
                       slower = moments_of(recorded_locations(pool.slower));
  calibrated_cell cell;
  cell.name = pool.name;
  cell.blocks = static_cast<unsigned>(identical.n);
  cell.mean = identical.mean;
  cell.sd = identical.standard_deviation;
  cell.slower_blocks = static_cast<unsigned>(slower.n);
  if (slower.n > 0) cell.slower_mean = slower.mean;
  cell.found = pool.found;
  return cell;
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
  calibration result;
  result.left_out = recordings.size() - suites.size();
  result.machine = recordings.back().machine;
  result.links = recordings.back().links;
  result.first_date = suites.front()->date;
  result.last_date = suites.back()->date;
  result.rates = recordings.back().rates;
  for (const recorded_suite* suite : suites) {
    result.slower = std::max(result.slower, suite->slower);
    count_suite(*suite, result);
  }
  if (result.false_alarm.of > 0) {
    result.mean_wall_s /= result.false_alarm.of;
    result.mean_blocks /= result.false_alarm.of;
  }
  const std::vector<block_pool> pools = pools_of(suites);
  for (const block_pool& pool : pools) {
    const calibrated_cell cell = calibrated(pool);
    if (cell.slower_mean && std::expm1(*cell.slower_mean) * 100 >= result.slower / 2) {
      result.found_if_injection_visible.times += cell.found.times;
      result.found_if_injection_visible.of += cell.found.of;
    }
    result.cells.push_back(cell);
  }
  // Resampled blocks of links would lose the layouts of their pairs.
  if (result.links == 1) result.bootstrap = bootstrap_suites(pools, result.rates, options);
  return result;
}

}  // namespace crossover
