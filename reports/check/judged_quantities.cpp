#include "reports/check/judged_quantities.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/statistics/link_pairs.hpp"
#include "reports/statistics/moments.hpp"
#include "reports/statistics/regimes.hpp"
#include "reports/statistics/step_down.hpp"

namespace crossover {
namespace {

/// A screened cell is confirmed if a quantity looks worse at this level.
constexpr double suspicious = 0.05;

using shares_of_block = side_shares block_record::*;

shares_of_block shares_of(quantity of) {
  switch (of) {
    case quantity::errors:
      return &block_record::failed_operations;
    case quantity::failures:
      return &block_record::failed_processes;
    case quantity::tail:
    case quantity::total:
      break;
  }
  return &block_record::slow;
}

/// Only failures are known of a block with a failed process.
bool knows(const block_record& b, quantity of) { return b.is_measured || of == quantity::failures; }

/// One number per round, positive if the candidate is worse: the mean of its blocks, which are more
/// than one only if pairs of links are measured again.
std::vector<block> values_of(std::span<const block_record> blocks, quantity of) {
  std::vector<block> values;
  const shares_of_block shares = shares_of(of);
  for (const block_record& b : blocks)
    if (knows(b, of))
      values.push_back(
          {of == quantity::total ? b.total : (b.*shares).candidate - (b.*shares).baseline,
           b.round});
  return means_of_rounds(values);
}

std::vector<block> signed_locations(std::span<const block_record> blocks, double sign) {
  std::vector<block> values;
  for (const block_record& b : blocks)
    if (b.is_measured) values.push_back({sign * b.location, b.round});
  return means_of_rounds(values);
}

std::vector<double> numbers_of(const std::vector<block>& blocks) {
  std::vector<double> numbers;
  for (const block& b : blocks) numbers.push_back(b.log_ratio);
  return numbers;
}

double null_of(quantity of, const cell_comparison& cell) {
  return of == quantity::total ? std::log1p(cell.tolerate) : 0;
}

side_shares mean_shares(std::span<const block_record> blocks, quantity of) {
  side_shares sum;
  const shares_of_block shares = shares_of(of);
  double count = 0;
  for (const block_record& b : blocks) {
    if (!knows(b, of)) continue;
    ++count;
    sum.baseline += (b.*shares).baseline;
    sum.candidate += (b.*shares).candidate;
  }
  return count > 0 ? side_shares{sum.baseline / count, sum.candidate / count} : sum;
}

std::optional<double> finite_ratio(double log_ratio) {
  return std::isfinite(log_ratio) ? std::optional(std::exp(log_ratio)) : std::nullopt;
}

quantity_comparison compare(std::span<const block_record> blocks, quantity of,
                            const cell_comparison& cell, double bound_level,
                            const flip_options& flips) {
  const std::vector<double> values = numbers_of(values_of(blocks, of));
  quantity_comparison compared{.of = of, .p = sign_flip_p(values, null_of(of, cell), flips)};
  if (of == quantity::total) {
    if (values.empty()) return compared;
    compared.baseline = 1;
    compared.candidate = std::exp(moments_of(values).mean);
    compared.upper = finite_ratio(bounds_of_mean(values, bound_level, flips).upper);
    return compared;
  }
  const side_shares mean = mean_shares(blocks, of);
  compared.baseline = mean.baseline;
  compared.candidate = mean.candidate;
  return compared;
}

void allow_for_regimes(cell_comparison& cell, const std::vector<double>& log_ratios,
                       double bound_level) {
  const auto regimes = regimes_in(log_ratios);
  if (!regimes || regimes->gap <= std::log1p(cell.tolerate)) return;
  if (cell.upper)
    cell.upper =
        std::max(*cell.upper, std::exp(upper_bound(*regimes, log_ratios.size(), bound_level)));
  cell.notes.push_back(fmt::format(
      "processes are in two regimes, {} apart: only the candidate is in the slower one in {} of "
      "{} blocks, only the baseline in {}",
      as_change(std::exp(regimes->gap)), regimes->slower_blocks, log_ratios.size(),
      regimes->faster_blocks));
}

}  // namespace

block_record record_of(std::span<const slice> slices) {
  block_record record{.location = block_log_ratio(slices),
                      .total = total_log_ratio(slices),
                      .slow = slow_shares(slices)};
  for (std::size_t i = 0; i + 3 < slices.size(); i += 4) {
    if (i > 0) record.order += ' ';
    record.order += slices[i].which == side::baseline ? "ABBA" : "BAAB";
  }
  return record;
}

std::vector<double> locations_of(std::span<const block_record> blocks) {
  return numbers_of(signed_locations(blocks, 1));
}

std::vector<double> totals_of(std::span<const block_record> blocks) {
  return numbers_of(values_of(blocks, quantity::total));
}

cell_comparison figures_of(const cell_comparison& cell, std::span<const block_record> blocks,
                           double bound_level, const flip_options& flips) {
  cell_comparison figures = cell;
  const std::vector<double> values = locations_of(blocks);
  for (const block_record& b : blocks) {
    if (!b.is_measured) continue;
    figures.block_log_ratios.push_back(b.location);
    figures.block_orders.push_back(b.order);
  }
  figures.blocks = static_cast<unsigned>(figures.block_log_ratios.size());
  figures.rounds = static_cast<unsigned>(values.size());
  if (!values.empty()) {
    const sample_moments sample = moments_of(values);
    figures.ratio = std::exp(sample.mean);
    if (sample.n > 1) figures.sd = sample.standard_deviation;
    const double tolerated = std::log1p(cell.tolerate);
    figures.p = sign_flip_p(values, tolerated, flips);
    figures.better_p = sign_flip_p(numbers_of(signed_locations(blocks, -1)), tolerated, flips);
    const mean_bounds bounds = bounds_of_mean(values, bound_level, flips);
    figures.lower = finite_ratio(bounds.lower);
    figures.upper = finite_ratio(bounds.upper);
    allow_for_regimes(figures, values, bound_level);
  }
  for (const quantity of :
       {quantity::total, quantity::tail, quantity::errors, quantity::failures}) {
    const quantity_comparison compared = compare(blocks, of, cell, bound_level, flips);
    if (compared.baseline + compared.candidate > 0) figures.quantities.push_back(compared);
  }
  return figures;
}

bool is_clear(const cell_comparison& screened) {
  const bool suspect = !screened.p || *screened.p <= suspicious ||
                       *screened.better_p <= suspicious ||
                       std::any_of(screened.quantities.begin(), screened.quantities.end(),
                                   [](const quantity_comparison& q) { return q.p <= suspicious; });
  // The bounds and the excess decide if there are no adjusted p-values.
  return !suspect && verdict_of(screened, 0) == verdict::pass;
}

void decide_together(std::span<cell_comparison> cells,
                     std::span<const std::vector<block_record>> blocks, double false_alarms,
                     const flip_options& flips, unsigned looks) {
  std::vector<tested_cell> worse, better;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const double tolerated = std::log1p(cells[i].tolerate);
    worse.push_back({signed_locations(blocks[i], 1), tolerated});
    better.push_back({signed_locations(blocks[i], -1), tolerated});
    for (const quantity_comparison& q : cells[i].quantities)
      worse.push_back({values_of(blocks[i], q.of), null_of(q.of, cells[i])});
  }
  const std::vector<double> worse_p = step_down_p(worse, flips),
                            better_p = step_down_p(better, flips);
  const auto adjusted = [&](double p) { return std::min(1.0, p * looks); };
  auto next = worse_p.begin();
  for (std::size_t i = 0; i < cells.size(); ++i) {
    cell_comparison& cell = cells[i];
    const double metric_p = *next++;
    if (cell.blocks > 0) cell.adjusted_p = adjusted(metric_p);
    for (quantity_comparison& q : cell.quantities) q.adjusted_p = adjusted(*next++);
    cell.outcome = verdict_of(cell, false_alarms);
    cell.improvement = cell.outcome == verdict::pass && adjusted(better_p[i]) <= false_alarms;
  }
}

}  // namespace crossover
