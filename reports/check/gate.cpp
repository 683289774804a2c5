#include "reports/check/gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "reports/check/judged_metric.hpp"
#include "reports/statistics/moments.hpp"
#include "reports/statistics/power.hpp"
#include "reports/statistics/regimes.hpp"
#include "reports/units.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

/// Blocks beyond the minimum for the level, so that a single block of the wrong sign does not
/// decide: a slowdown is still found if 2^3 patterns are as extreme as the data.
constexpr unsigned spare_blocks = 3;
/// Confidence of the upper bound on a scatter that was observed in few blocks.
constexpr double sd_confidence = 0.8;
/// A cell with errors or failures gets at most this multiple of its planned blocks.
constexpr unsigned max_extension = 3;

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
  if (options.regimes != 0) share("--regimes", options.regimes);
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
unsigned min_blocks(const gate_options& options, std::size_t together, bool screens) {
  const auto cells = static_cast<unsigned>(together);
  const double level = options.rates.false_alarms;
  const unsigned decisive = blocks_for_level(level, cells) + spare_blocks;
  if (options.regimes == 0) return decisive;
  const auto showing = static_cast<unsigned>(
      blocks_to_show(options.regimes, level, cells, confirming_power(options, screens)));
  return std::max(decisive, showing);
}

/// Minimum number of blocks of a cell that passes: enough to meet the requested regimes, missed
/// with the probability of a wrong pass in one stage. 0 without such a request.
unsigned blocks_of_a_pass(const gate_options& options) {
  if (options.regimes == 0) return 0;
  return static_cast<unsigned>(blocks_to_meet(options.regimes, 1 - (1 - options.rates.power) / 2));
}

/// Returns the blocks needed to confirm one of `together` cells with this scatter at the requested
/// power; nullopt if no number is enough.
std::optional<unsigned> confirm_blocks(const gate_options& options, double sd, double shift,
                                       std::size_t together, bool screens) {
  const double level = options.rates.false_alarms / static_cast<double>(together);
  const auto enough = blocks_for_power(sd, shift, level, confirming_power(options, screens));
  if (!enough) return std::nullopt;
  return std::max(*enough, min_blocks(options, together, screens));
}

cell_comparison blank(const gated_cell& cell, const gate_options& options,
                      const measured_cell& measured) {
  cell_comparison comparison;
  comparison.name = cell.name;
  comparison.metric = options.metric;
  comparison.tolerate = cell.tolerate;
  comparison.detect = cell.detect;
  comparison.screen_blocks = static_cast<unsigned>(measured.screen.size());
  comparison.notes = measured.notes;
  return comparison;
}

/// S.d. of the blocks' log ratios by location or by total, whichever is greater.
double scatter_of(std::span<const block_record> blocks) {
  return std::max(moments_of(locations_of(blocks)).standard_deviation,
                  moments_of(totals_of(blocks)).standard_deviation);
}

bool is_clear_screen(const gate_options& options, const cell_comparison& screened) {
  return is_clear(screened) && screened.blocks >= blocks_of_a_pass(options);
}

/// Number of blocks with a larger share on one side.
std::size_t count_differing(std::span<const block_record> blocks,
                            side_shares block_record::*shares) {
  return static_cast<std::size_t>(std::count_if(
      blocks.begin(), blocks.end(),
      [&](const block_record& b) { return (b.*shares).baseline != (b.*shares).candidate; }));
}

std::string remedy_for_excess(const quantity_comparison& excess) {
  std::string remedy =
      quantity_text(excess) +
      ": not shown to be more than chance, but a candidate that fails more does not pass";
  if (excess.of == quantity::failures && excess.candidate < 0.5)
    remedy += fmt::format("; --regimes {:.0f}% would show it", std::ceil(100 * excess.candidate));
  return remedy;
}

/// Returns how many blocks would decide a cell by a log ratio with this centre and scatter.
std::optional<unsigned> deciding_blocks(const cell_comparison& cell, const gate_options& options,
                                        std::size_t together, double centre, double sd) {
  // A change between the thresholds is decided by the nearer one.
  const double to_regression = centre - std::log1p(cell.tolerate),
               to_pass = std::log1p(cell.detect) - centre;
  const double shift =
      std::max({to_regression, to_pass, alternative({"", cell.tolerate, cell.detect, 0}) / 2});
  const double level = to_pass > to_regression
                           ? (1 - options.rates.power) / 2
                           : options.rates.false_alarms / static_cast<double>(together);
  return blocks_for_power(sd_at_most(sd, cell.blocks, 0.5), shift, level, options.rates.power);
}

std::string remedy_for(const cell_comparison& cell, const gate_options& options,
                       std::span<const block_record> blocks, std::size_t together, double block_s) {
  if (const quantity_comparison* excess = excess_of(cell)) return remedy_for_excess(*excess);
  if (cell.blocks == 0) return "no block completed";
  const unsigned minimum =
      blocks_for_level(options.rates.false_alarms, static_cast<unsigned>(together));
  if (cell.blocks < minimum)
    return fmt::format(
        "{} blocks are too few: {} judged together at {} false alarms need at least {}",
        cell.blocks, counted(together, "cell"), as_percent(options.rates.false_alarms), minimum);
  if (cell.blocks < blocks_of_a_pass(options))
    return fmt::format("{} blocks do not exclude a regime of {}: {} would; raise --budget",
                       cell.blocks, as_percent(options.regimes), blocks_of_a_pass(options));
  const bool by_metric = !cell.upper || *cell.upper >= 1 + cell.detect;
  const sample_moments limiting = moments_of(by_metric ? locations_of(blocks) : totals_of(blocks));
  const auto enough =
      deciding_blocks(cell, options, together, limiting.mean, limiting.standard_deviation);
  const std::string scatter = fmt::format("{} scatter by {:.2g} %", by_metric ? "blocks" : "totals",
                                          100 * limiting.standard_deviation);
  if (!enough)
    return scatter +
           ": even 1,000 blocks would not decide; stop other load on this machine or use another "
           "one";
  const unsigned wanted = std::max(*enough, cell.blocks + cell.blocks / 2);
  return fmt::format("{}: about {} blocks ({:.0f} s) would decide it; raise --budget", scatter,
                     wanted, std::ceil(wanted * block_s));
}

/// Returns a note on the regimes that the fewest blocks of a passing cell do not exclude; empty if
/// no cell passes.
std::string regimes_note(const check_result& result, const gate_options& options) {
  unsigned fewest = 0;
  for (const cell_comparison& cell : result.cells)
    if (cell.outcome == verdict::pass && (fewest == 0 || cell.blocks < fewest))
      fewest = cell.blocks;
  if (fewest == 0) return {};
  return fmt::format(
      "{} blocks of a cell do not exclude a slow regime that up to {:.0f} % of the processes "
      "enter{}",
      fewest, 100 * unseen_share(fewest),
      options.regimes == 0 ? "; --regimes 10% measures enough for 10 %" : "");
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
  for (unsigned screen = least; screen < least + 200; ++screen) {
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
  if (!plan.within_budget)
    text += fmt::format(
        "\nthe budget of {:.0f} s is too short: raise --budget or --detect, or select fewer cells",
        options.budget_s);
  return text;
}

std::vector<survivor> survivors(const block_plan& plan, const gate_options& options,
                                std::span<const gated_cell> cells,
                                std::span<const measured_cell> measured) {
  std::vector<survivor> survived;
  double spent_s = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    spent_s += static_cast<double>(measured[i].screen.size()) * cells[i].block_s;
    if (plan.screens &&
        is_clear_screen(options, figures_of(blank(cells[i], options, measured[i]),
                                            measured[i].screen, plan.bound_level, options.flips)))
      continue;
    survived.push_back({i, 0});
  }
  const std::size_t together = survived.size();
  double wanted_s = 0;
  for (survivor& confirmed : survived) {
    const gated_cell& cell = cells[confirmed.cell];
    const std::vector<block_record>& screen = measured[confirmed.cell].screen;
    double sd = options.block_sd;
    if (const std::size_t seen = locations_of(screen).size(); plan.screens && seen > 1)
      sd = sd_at_most(scatter_of(screen), static_cast<unsigned>(seen), sd_confidence);
    confirmed.blocks =
        confirm_blocks(options, sd, alternative(cell), together, plan.screens).value_or(1000);
    wanted_s += confirmed.blocks * cell.block_s;
  }
  // The scatter is only assumed without a screen, so more blocks may be needed.
  const double share = std::max(0.0, options.budget_s - spent_s) / wanted_s;
  if (share < 1 || !plan.screens)
    for (survivor& confirmed : survived)
      confirmed.blocks = static_cast<unsigned>(
          std::clamp(confirmed.blocks * share,
                     static_cast<double>(min_blocks(options, together, plan.screens)), 1000.0));
  return survived;
}

unsigned fewest_blocks(const block_plan& plan, const gate_options& options, std::size_t together) {
  return std::max(plan.confirm_blocks, min_blocks(options, together, plan.screens));
}

bool enough_blocks(const block_plan& plan, const gate_options& options, const gated_cell& cell,
                   unsigned planned, std::size_t together, std::span<const block_record> fresh) {
  const unsigned decisive =
      blocks_for_level(options.rates.false_alarms, static_cast<unsigned>(together));
  const unsigned fewest = fewest_blocks(plan, options, together);
  const std::size_t count = fresh.size(), most_of_failing = std::size_t{max_extension} * fewest;
  std::size_t differing = 0;
  for (const auto shares : {&block_record::failed_operations, &block_record::failed_processes}) {
    differing = count_differing(fresh, shares);
    if (differing > 0 && differing < decisive && count * decisive <= most_of_failing * differing)
      return false;
  }
  const std::vector<double> locations = locations_of(fresh), totals = totals_of(fresh);
  if (locations.empty() && differing >= decisive) return true;
  if (locations.size() >= planned) return true;
  if (locations.size() < fewest) return count >= most_of_failing;
  const double level = options.rates.false_alarms / (plan.looks * static_cast<double>(together));
  const auto has_power = [&](const std::vector<double>& log_ratios) {
    const auto blocks = static_cast<unsigned>(log_ratios.size());
    double squares = 0;
    for (const double value : log_ratios) squares += std::pow(value - std::log1p(cell.tolerate), 2);
    const double scatter = sd_at_most(std::sqrt(squares / blocks), blocks, sd_confidence);
    return sign_flip_power(blocks, scatter, alternative(cell), level) >=
           confirming_power(options, plan.screens);
  };
  return has_power(locations) && has_power(totals);
}

std::vector<std::optional<cell_comparison>> shown_worse(const block_plan& plan,
                                                        const gate_options& options,
                                                        std::span<const gated_cell> cells,
                                                        std::span<const measured_cell> measured) {
  std::vector<cell_comparison> looked_at;
  std::vector<std::vector<block_record>> fresh;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    cell_comparison cell = blank(cells[i], options, measured[i]);
    cell.decided = decided_by::confirmation;
    fresh.push_back(measured[i].confirm);
    looked_at.push_back(figures_of(cell, fresh.back(), plan.bound_level, options.flips));
  }
  decide_together(looked_at, fresh, options.rates.false_alarms, options.flips, plan.looks);
  std::vector<std::optional<cell_comparison>> shown(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (looked_at[i].outcome == verdict::regression) shown[i] = std::move(looked_at[i]);
  return shown;
}

check_result compare_blocks(const block_plan& plan, const gate_options& options,
                            std::span<const gated_cell> cells,
                            std::span<const measured_cell> measured) {
  check_result result;
  result.plan = plan_of(options, plan);
  result.metric_label = judged_metric(options.metric).label;
  std::vector<cell_comparison> confirmed;
  std::vector<std::vector<block_record>> fresh;
  std::vector<std::size_t> position;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (measured[i].shown) {
      result.cells.push_back(*measured[i].shown);
      continue;
    }
    cell_comparison cell = blank(cells[i], options, measured[i]);
    const cell_comparison screened =
        figures_of(cell, measured[i].screen, plan.bound_level, options.flips);
    if (plan.screens && is_clear_screen(options, screened)) {
      result.cells.push_back(screened);
      result.cells.back().outcome = verdict::pass;
      continue;
    }
    cell.decided = decided_by::confirmation;
    if (measured[i].confirm.empty()) {
      cell = screened;
      cell.decided = decided_by::confirmation;
      cell.remedy = excess_of(cell)   ? remedy_for_excess(*excess_of(cell))
                    : cell.blocks > 0 ? "time ran out before confirmation; raise --budget"
                                      : "no block completed";
    } else {
      position.push_back(i);
      fresh.push_back(measured[i].confirm);
      confirmed.push_back(figures_of(cell, fresh.back(), plan.bound_level, options.flips));
      if (const quantity_comparison* excess = excess_of(screened); excess != nullptr)
        confirmed.back().remedy = remedy_for_excess(*excess);
    }
    result.cells.push_back(std::move(cell));
  }

  decide_together(confirmed, fresh, options.rates.false_alarms, options.flips, plan.looks);
  for (std::size_t k = 0; k < confirmed.size(); ++k) {
    cell_comparison& cell = confirmed[k];
    const gated_cell& gated = cells[position[k]];
    const bool has_excess = !cell.remedy.empty();
    if (cell.outcome == verdict::pass && (has_excess || cell.blocks < blocks_of_a_pass(options)))
      cell.outcome = verdict::inconclusive;
    if (cell.outcome != verdict::inconclusive)
      cell.remedy.clear();
    else if (!has_excess)
      cell.remedy = remedy_for(cell, options, fresh[k], confirmed.size(), gated.block_s);
    cell.improvement = cell.improvement && cell.outcome == verdict::pass;
    if (cell.outcome == verdict::pass && cell.lower && *cell.lower > 1 + cell.tolerate)
      cell.notes.push_back(fmt::format("probably slower by more than {}, but less than {}",
                                       as_percent(cell.tolerate), as_percent(cell.detect)));
    result.cells[position[k]] = std::move(cell);
  }
  for (cell_comparison& cell : result.cells)
    if (cell.blocks > 0) cell.unseen_share = unseen_share(cell.blocks);
  if (const std::string note = regimes_note(result, options); !note.empty())
    result.notes.push_back(note);
  return result;
}

}  // namespace crossover
