#include "reports/check/gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/check/judged_metric.hpp"
#include "reports/statistics/moments.hpp"
#include "reports/statistics/power.hpp"
#include "reports/units.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

/// A screened cell that looks slower than tolerated at this level is confirmed.
constexpr double screen_level = 0.05;
/// Blocks beyond the minimum for the level, so that a single block of the wrong sign does not
/// decide: a slowdown is still found if 2^3 patterns are as extreme as the data.
constexpr unsigned spare_blocks = 3;
/// Confidence of the upper bound on a scatter that was observed in few blocks.
constexpr double sd_confidence = 0.8;

std::vector<double> log_ratios(std::span<const block> blocks) {
  std::vector<double> values;
  for (const block& b : blocks) values.push_back(b.log_ratio);
  return values;
}

double alternative(const gated_cell& cell) {
  return std::log1p(cell.detect) - std::log1p(cell.tolerate);
}

void validate(const gate_options& options, std::span<const gated_cell> cells) {
  const auto share = [](const char* name, double value) {
    if (!(value > 0 && value < 1))
      throw error(error_kind::invalid,
                  fmt::format("{} is {}: must be between 0 and 100 %", name, value));
  };
  share("--false-alarms", options.rates.false_alarms);
  share("--power", options.rates.power);
  if (cells.empty()) throw error(error_kind::invalid, "no cell to compare: widen the selection");
  for (const gated_cell& cell : cells)
    if (!(cell.tolerate >= 0 && cell.detect > cell.tolerate && std::isfinite(cell.detect)))
      throw error(error_kind::invalid,
                  fmt::format("{}: --tolerate {} must be at least 0 and below --detect {}",
                              cell.name, as_percent(cell.tolerate), as_percent(cell.detect)));
}

/// Power required of the confirmation: the screen misses a slowdown of `detect` with probability at
/// most (1 - power) / 2; the rest is left.
double confirming_power(const gate_options& options, bool screens) {
  return screens ? options.rates.power / (1 - (1 - options.rates.power) / 2) : options.rates.power;
}

/// Minimum number of blocks to decide on one of `together` cells.
unsigned min_blocks(const gate_options& options, std::size_t together) {
  return blocks_for_level(options.rates.false_alarms, static_cast<unsigned>(together)) +
         spare_blocks;
}

/// Returns the blocks needed to confirm one of `together` cells with this scatter at the requested
/// power; nullopt if no number is enough.
std::optional<unsigned> confirm_blocks(const gate_options& options, double sd, double shift,
                                       std::size_t together, bool screens) {
  const double level = options.rates.false_alarms / static_cast<double>(together);
  const auto enough = blocks_for_power(sd, shift, level, confirming_power(options, screens));
  if (!enough) return std::nullopt;
  return std::max(*enough, min_blocks(options, together));
}

void judge(cell_comparison& cell, std::span<const block> blocks, double level,
           const flip_options& flips) {
  const std::vector<double> values = log_ratios(blocks);
  cell.blocks = static_cast<unsigned>(values.size());
  cell.block_log_ratios = values;
  if (values.empty()) return;
  const sample_moments sample = moments_of(values);
  cell.ratio = std::exp(sample.mean);
  if (sample.n > 1) cell.sd = sample.standard_deviation;
  cell.p = sign_flip_p(values, std::log1p(cell.tolerate), flips);
  const mean_bounds bounds = bounds_of_mean(values, level, flips);
  if (std::isfinite(bounds.lower)) cell.lower = std::exp(bounds.lower);
  if (std::isfinite(bounds.upper)) cell.upper = std::exp(bounds.upper);
  cell.improvement = cell.upper && *cell.upper < 1 / (1 + cell.tolerate);
}

bool excludes_detect(const cell_comparison& cell) {
  return cell.upper && *cell.upper < 1 + cell.detect;
}

bool survives(const cell_comparison& screened) {
  return !excludes_detect(screened) || *screened.p <= screen_level;
}

std::string remedy_for(const cell_comparison& cell, const gate_options& options,
                       std::size_t together, double block_s) {
  const unsigned minimum =
      blocks_for_level(options.rates.false_alarms, static_cast<unsigned>(together));
  if (cell.blocks < minimum)
    return fmt::format(
        "{} blocks are too few: {} judged together at {} false alarms need at least {}",
        cell.blocks, counted(together, "cell"), as_percent(options.rates.false_alarms), minimum);
  // A change between the thresholds is decided by the nearer one.
  const double centre = std::log(*cell.ratio);
  const double to_regression = centre - std::log1p(cell.tolerate),
               to_pass = std::log1p(cell.detect) - centre;
  const double shift =
      std::max({to_regression, to_pass, alternative({"", cell.tolerate, cell.detect, 0}) / 2});
  const double level = to_pass > to_regression
                           ? (1 - options.rates.power) / 2
                           : options.rates.false_alarms / static_cast<double>(together);
  const auto enough =
      blocks_for_power(sd_at_most(cell.sd.value_or(options.block_sd), cell.blocks, 0.5), shift,
                       level, options.rates.power);
  const std::string scatter = fmt::format("blocks scatter by {:.2g} %", 100 * cell.sd.value_or(0));
  if (!enough)
    return scatter +
           ": even 1,000 blocks would not decide; stop other load on this machine or use another "
           "one";
  const unsigned wanted = std::max(*enough, cell.blocks + cell.blocks / 2);
  return fmt::format("{}: about {} blocks ({:.0f} s) would decide it; raise --budget", scatter,
                     wanted, std::ceil(wanted * block_s));
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
  for (unsigned screen = blocks_for_level(half); screen < 200; ++screen) {
    // Identical code survives when its upper bound fails to exclude `detect`; one cell is expected
    // to have changed.
    const double idle = 1 - sign_flip_power(screen, options.block_sd, hardest_detect, half);
    const double survive =
        std::min(static_cast<double>(count), 1 + idle * static_cast<double>(count - 1));
    const auto together = static_cast<std::size_t>(std::ceil(survive));
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
  if (!plan.within_budget)
    text += fmt::format(
        "\nthe budget of {:.0f} s is too short: raise --budget or --detect, or select fewer cells",
        options.budget_s);
  return text;
}

std::vector<survivor> survivors(const block_plan& plan, const gate_options& options,
                                std::span<const gated_cell> cells,
                                std::span<const std::vector<block>> screen) {
  std::vector<survivor> survived;
  double spent_s = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    cell_comparison seen;
    seen.tolerate = cells[i].tolerate;
    seen.detect = cells[i].detect;
    if (plan.screens) {
      judge(seen, screen[i], plan.bound_level, options.flips);
      spent_s += static_cast<double>(screen[i].size()) * cells[i].block_s;
      if (seen.blocks > 0 && !survives(seen)) continue;
    }
    survived.push_back({i, 0});
  }
  const auto together = static_cast<unsigned>(survived.size());
  double wanted_s = 0;
  for (survivor& one : survived) {
    const gated_cell& cell = cells[one.cell];
    double sd = options.block_sd;
    if (plan.screens && screen[one.cell].size() > 1)
      sd = sd_at_most(moments_of(log_ratios(screen[one.cell])).standard_deviation,
                      static_cast<unsigned>(screen[one.cell].size()), sd_confidence);
    one.blocks =
        confirm_blocks(options, sd, alternative(cell), together, plan.screens).value_or(1000);
    wanted_s += one.blocks * cell.block_s;
  }
  const double left_s = std::max(0.0, options.budget_s - spent_s);
  if (wanted_s > left_s)
    for (survivor& one : survived) {
      const auto affordable = static_cast<unsigned>(one.blocks * left_s / wanted_s);
      one.blocks = std::max(affordable, min_blocks(options, together));
    }
  return survived;
}

bool enough_blocks(const block_plan& plan, const gate_options& options, const gated_cell& cell,
                   std::size_t together, std::span<const block> fresh) {
  const auto count = static_cast<unsigned>(fresh.size());
  if (count < std::max(plan.confirm_blocks, min_blocks(options, together))) return false;
  double squares = 0;
  for (const block& b : fresh) squares += std::pow(b.log_ratio - std::log1p(cell.tolerate), 2);
  const double scatter = sd_at_most(std::sqrt(squares / count), count, sd_confidence);
  const double level = options.rates.false_alarms / static_cast<double>(together);
  return sign_flip_power(count, scatter, alternative(cell), level) >=
         confirming_power(options, plan.screens);
}

check_result compare_blocks(const block_plan& plan, const gate_options& options,
                            std::span<const gated_cell> cells,
                            std::span<const measured_cell> measured) {
  check_result result;
  result.plan = plan_of(options, plan);
  result.metric_label = judged_metric(options.metric).label;
  std::vector<tested_cell> confirmed;
  std::vector<std::size_t> position;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    cell_comparison cell;
    cell.name = cells[i].name;
    cell.metric = options.metric;
    cell.tolerate = cells[i].tolerate;
    cell.detect = cells[i].detect;
    cell.notes = measured[i].notes;
    cell.screen_blocks = static_cast<unsigned>(measured[i].screen.size());
    judge(cell, measured[i].screen, plan.bound_level, options.flips);
    const bool goes_on = !plan.screens || cell.blocks == 0 || survives(cell);
    if (goes_on) {
      cell.decided = decided_by::confirmation;
      if (!measured[i].confirm.empty() || cell.blocks == 0) {
        cell.ratio = cell.lower = cell.upper = cell.p = cell.sd = std::nullopt;
        cell.improvement = false;
        judge(cell, measured[i].confirm, plan.bound_level, options.flips);
        confirmed.push_back({measured[i].confirm, std::log1p(cell.tolerate)});
        position.push_back(i);
      }
    } else {
      cell.outcome = verdict::pass;  // by its upper bound
    }
    result.cells.push_back(std::move(cell));
  }

  const std::vector<double> adjusted = step_down_p(confirmed, options.flips);
  for (std::size_t k = 0; k < confirmed.size(); ++k) {
    cell_comparison& cell = result.cells[position[k]];
    if (cell.blocks > 0) cell.adjusted_p = adjusted[k];
    if (cell.adjusted_p && *cell.adjusted_p <= options.rates.false_alarms) {
      cell.outcome = verdict::regression;
    } else if (excludes_detect(cell)) {
      cell.outcome = verdict::pass;
      if (cell.lower && *cell.lower > 1 + cell.tolerate)
        cell.notes.push_back(fmt::format("probably slower by more than {}, but less than {}",
                                         as_percent(cell.tolerate), as_percent(cell.detect)));
    }
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    cell_comparison& cell = result.cells[i];
    if (cell.outcome != verdict::inconclusive) continue;
    if (cell.blocks == 0)
      cell.remedy = "no block completed";
    else if (plan.screens && measured[i].confirm.empty())
      cell.remedy = "time ran out before confirmation; raise --budget";
    else
      cell.remedy =
          remedy_for(cell, options, std::max<std::size_t>(1, confirmed.size()), cells[i].block_s);
  }
  return result;
}

}  // namespace crossover
