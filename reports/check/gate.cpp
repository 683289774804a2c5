#include "reports/check/gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/check/block_numbers.hpp"
#include "reports/check/judged_metric.hpp"
#include "reports/check/remedies.hpp"
#include "reports/statistics/link_pairs.hpp"
#include "reports/statistics/moments.hpp"
#include "reports/statistics/power.hpp"
#include "reports/statistics/regimes.hpp"

namespace crossover {
namespace {

/// Confidence of the upper bound on a scatter that was observed in few blocks.
constexpr double sd_confidence = 0.8;
/// A cell with errors or failures, or with pairs of links, gets at most this multiple of its
/// planned blocks.
constexpr unsigned max_extension = 3;
/// Maximum number of blocks of a cell with links.
constexpr std::size_t max_blocks_of_links = 1000;

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
double greater_scatter(std::span<const block_record> blocks) {
  return std::max(moments_of(locations_of(blocks)).standard_deviation,
                  moments_of(totals_of(blocks)).standard_deviation);
}

bool is_clear_screen(const gate_options& options, const cell_comparison& screened) {
  return is_clear(screened) && screened.blocks >= blocks_of_a_pass(options);
}

std::size_t count_measured(std::span<const block_record> blocks) {
  return static_cast<std::size_t>(std::count_if(
      blocks.begin(), blocks.end(), [](const block_record& b) { return b.is_measured; }));
}

/// Returns a log ratio of each block.
std::vector<block> log_ratios_of(std::span<const block_record> fresh,
                                 double block_record::*log_ratio) {
  std::vector<block> blocks;
  for (const block_record& b : fresh)
    if (b.is_measured) blocks.push_back({b.*log_ratio, b.round});
  return blocks;
}

/// Number of blocks with a larger share on one side.
std::size_t count_differing(std::span<const block_record> blocks,
                            side_shares block_record::*shares) {
  return static_cast<std::size_t>(std::count_if(
      blocks.begin(), blocks.end(),
      [&](const block_record& b) { return (b.*shares).baseline != (b.*shares).candidate; }));
}

/// Returns whether more blocks can still tell the failures of one side from chance, within `most`
/// blocks. `decisive`: blocks with a difference that show it.
bool failures_need_more(std::span<const block_record> fresh, side_shares block_record::*shares,
                        unsigned decisive, std::size_t most) {
  const std::size_t differing = count_differing(fresh, shares);
  return differing > 0 && differing < decisive && fresh.size() * decisive <= most * differing;
}

/// Upper bound on the scatter of the log ratios around `null`.
double scatter_around(double null, const std::vector<block>& units) {
  const auto count = static_cast<unsigned>(units.size());
  double squares = 0;
  for (const block& unit : units) squares += std::pow(unit.log_ratio - null, 2);
  return sd_at_most(std::sqrt(squares / count), count, sd_confidence);
}

}  // namespace

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
      sd = sd_at_most(greater_scatter(screen), static_cast<unsigned>(seen), sd_confidence);
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

bool enough_blocks(const block_plan& plan, const gate_options& options, const gated_cell& cell,
                   unsigned planned, std::size_t together, std::span<const block_record> fresh) {
  const unsigned decisive =
      blocks_for_level(options.rates.false_alarms, static_cast<unsigned>(together));
  const unsigned fewest = fewest_fresh_blocks(plan, options, together);
  const std::size_t most_of_failing = std::size_t{max_extension} * fewest;
  for (const auto shares : {&block_record::failed_operations, &block_record::failed_processes})
    if (failures_need_more(fresh, shares, decisive, most_of_failing)) return false;
  const std::size_t measured = count_measured(fresh);
  if (measured == 0 && count_differing(fresh, &block_record::failed_processes) >= decisive)
    return true;
  if (measured < fewest) return fresh.size() >= most_of_failing;
  const double null = std::log1p(cell.tolerate);
  const double level = options.rates.false_alarms / (plan.looks * static_cast<double>(together));
  const double power = confirming_power(options, plan.screens);
  bool more_may_help = false, have_power = true;
  for (const auto log_ratio : {&block_record::location, &block_record::total}) {
    const std::vector<block> blocks = log_ratios_of(fresh, log_ratio),
                             units = means_of_rounds(blocks);
    const double scatter = scatter_around(null, units);
    if (sign_flip_power(static_cast<unsigned>(units.size()), scatter, alternative(cell), level) >=
        power)
      continue;
    have_power = false;
    if (plan.confirm_pairs > 0 && layout_dominates(blocks, null)) return true;
    more_may_help = plan.confirm_pairs > 0
                        ? fresh.size() < max_blocks_of_links
                        : blocks_for_power(scatter, alternative(cell), level, power).has_value();
    if (!more_may_help) break;
  }
  return have_power || (measured >= planned && !more_may_help);
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
      cell.remedy = remedy_for(cell, plan, options, fresh[k], confirmed.size(), gated.block_s);
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
