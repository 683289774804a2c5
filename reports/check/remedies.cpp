#include "reports/check/remedies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/check/block_numbers.hpp"
#include "reports/statistics/moments.hpp"
#include "reports/statistics/power.hpp"
#include "reports/statistics/regimes.hpp"
#include "reports/units.hpp"

namespace crossover {
namespace {

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
  return blocks_for_power(sd_at_most(sd, cell.rounds, 0.5), shift, level, options.rates.power);
}

}  // namespace

std::string remedy_for_excess(const quantity_comparison& excess) {
  std::string remedy =
      quantity_text(excess) +
      ": not shown to be more than chance, but a candidate that fails more does not pass";
  if (excess.of == quantity::failures && excess.candidate < 0.5)
    remedy += fmt::format("; --regimes {:.0f}% would show it", std::ceil(100 * excess.candidate));
  return remedy;
}

std::string remedy_for(const cell_comparison& cell, const block_plan& plan,
                       const gate_options& options, std::span<const block_record> blocks,
                       std::size_t together, double block_s) {
  if (const quantity_comparison* excess = excess_of(cell)) return remedy_for_excess(*excess);
  if (cell.blocks == 0) return "no block completed";
  const unsigned minimum =
      blocks_for_level(options.rates.false_alarms, static_cast<unsigned>(together));
  const bool links = options.link_pairs > 0;
  if (cell.rounds < minimum)
    return fmt::format(
        "{} {} are too few: {} judged together at {} false alarms need at least {}{}", cell.rounds,
        links ? "pairs of links" : "blocks", counted(together, "cell"),
        as_percent(options.rates.false_alarms), minimum,
        links ? fmt::format("; give {} links of each side",
                            options.link_pairs + minimum - cell.rounds)
              : "");
  if (cell.blocks < blocks_of_a_pass(options))
    return fmt::format("{} blocks do not exclude a regime of {}: {} would; raise --budget",
                       cell.blocks, as_percent(options.regimes), blocks_of_a_pass(options));
  const bool by_metric = !cell.upper || *cell.upper >= 1 + cell.detect;
  const sample_moments limiting = moments_of(by_metric ? locations_of(blocks) : totals_of(blocks));
  const auto enough =
      deciding_blocks(cell, options, together, limiting.mean, limiting.standard_deviation);
  const std::string scatter = fmt::format("{} scatter by {:.2g} %",
                                          links       ? "pairs of links"
                                          : by_metric ? "blocks"
                                                      : "totals",
                                          100 * limiting.standard_deviation);
  if (!enough)
    return scatter + fmt::format(
                         ": even 1,000 {} would not decide; stop other load on this machine or use "
                         "another one",
                         links ? "pairs" : "blocks");
  if (links)
    return fmt::format("{}: about {} links of each side would decide it", scatter,
                       options.link_pairs + std::max(*enough, cell.rounds + 2) - cell.rounds);
  const unsigned wanted = std::max(*enough, cell.blocks + cell.blocks / 2);
  return fmt::format("{}: about {} blocks ({:.0f} s) would decide it; {}", scatter, wanted,
                     std::ceil(wanted * block_s),
                     plan.is_cut_short ? "raise --budget" : "--power 99% measures more of them");
}

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

}  // namespace crossover
