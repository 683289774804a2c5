#include "reports/check/compare_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

#include "reports/check/judged_metric.hpp"
#include "reports/check/match_cells.hpp"
#include "reports/environment_differences.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

/// Scatter below this (of logs) counts as zero: a deterministic metric, such as a count of bytes.
constexpr double least_sd = 1e-9;

/// One side of a cell: logs of the metric over the repetitions.
struct side {
  std::vector<double> logs;
  unsigned zeros = 0;  ///< values of 0, which have no logarithm
  double mean = NAN;
  double sd = NAN;  ///< NaN for fewer than two
};

side figures_of(const cell_result& cell, const metric& judged) {
  side read;
  for (const sample& s : cell.samples) {
    const auto figure = judged.extract(cell, s);
    if (!figure || !std::isfinite(*figure)) continue;
    if (*figure > 0)
      read.logs.push_back(std::log(*figure));
    else
      ++read.zeros;
  }
  const auto n = static_cast<double>(read.logs.size());
  if (n >= 1) read.mean = std::accumulate(read.logs.begin(), read.logs.end(), 0.0) / n;
  if (n >= 2) {
    double squares = 0;
    for (const double log : read.logs) squares += (log - read.mean) * (log - read.mean);
    read.sd = std::max(least_sd, std::sqrt(squares / (n - 1)));
  }
  return read;
}

double prediction_variance(double sd, double n, double floor) {
  return sd * sd * (1 + 1 / n) + floor * floor;
}

bool has_finding(const cell_result& cell, std::string_view code) {
  return std::any_of(cell.findings.begin(), cell.findings.end(),
                     [&](const finding& f) { return f.code == code; });
}

std::string more_repetitions(double sd, double floor, const cell_comparison& cell,
                             const file_options& options, std::size_t cells) {
  const auto needed = repetitions_needed(sd, floor, {cell.tolerate, cell.detect}, options, cells);
  if (!needed)
    return fmt::format(
        "repetitions scatter by {:.2g} %: no number of repetitions would detect {} between files; "
        "run `crossover check` on the two programs",
        sd * 100, as_percent(cell.detect));
  return fmt::format(
      "about {} repetitions per side would decide it, or run `crossover check` on the two programs",
      std::max(*needed, cell.blocks + 1));
}

/// Fills in figures, p and bounds. Returns false if there is nothing to judge; `remedy` then has
/// the reason.
bool measure(cell_comparison& cell, const side& before, const side& after, double old_floor,
             double new_floor, const metric& judged, const file_options& options,
             std::size_t cells) {
  cell.blocks = static_cast<unsigned>(std::min(before.logs.size(), after.logs.size()));
  if (before.zeros + after.zeros > 0) {
    if (before.logs.empty() && after.logs.empty()) {
      cell.ratio = 1;
      cell.outcome = verdict::pass;
      cell.notes.push_back(fmt::format("{} is 0 on both sides", judged.label));
    } else {
      cell.remedy = fmt::format(
          "{} is 0 in some repetitions, so there is no ratio; compare the values directly",
          judged.label);
    }
    return false;
  }
  if (cell.blocks == 0) {
    cell.remedy = fmt::format("{} was not measured on {}; choose another --metric or measure again",
                              judged.label,
                              before.logs.empty() && after.logs.empty() ? "either side"
                              : before.logs.empty()                     ? "the baseline"
                                                                        : "the candidate");
    return false;
  }
  const double change = worse_sign(judged) * (after.mean - before.mean);
  cell.ratio = std::exp(change);
  if (cell.blocks < 2) {
    const double sd = std::isfinite(before.sd)  ? before.sd
                      : std::isfinite(after.sd) ? after.sd
                                                : 0.015;
    cell.remedy = "a single repetition gives no variance: " +
                  more_repetitions(sd, std::max(old_floor, new_floor), cell, options, cells);
    return false;
  }
  const double old_n = static_cast<double>(before.logs.size()),
               new_n = static_cast<double>(after.logs.size());
  const double old_v = prediction_variance(before.sd, old_n, old_floor),
               new_v = prediction_variance(after.sd, new_n, new_floor);
  const double scale = std::sqrt(old_v + new_v);
  const boost::math::students_t t((old_v + new_v) * (old_v + new_v) /
                                  (old_v * old_v / (old_n - 1) + new_v * new_v / (new_n - 1)));
  cell.sd = scale;
  cell.p = cdf(complement(t, (change - std::log1p(cell.tolerate)) / scale));
  const double reach = quantile(complement(t, 1 - options.power)) * scale;
  cell.lower = std::exp(change - reach);
  cell.upper = std::exp(change + reach);
  cell.improvement = *cell.upper < 1 / (1 + cell.tolerate);
  return true;
}

}  // namespace

std::optional<unsigned> repetitions_needed(double sd, double process_floor,
                                           const cell_thresholds& judged,
                                           const file_options& options, std::size_t cells) {
  const double shift = std::log1p(judged.detect) - std::log1p(judged.tolerate);
  const double level = options.false_alarms / static_cast<double>(std::max<std::size_t>(1, cells));
  for (unsigned n = 2; n <= 1000; n += 1 + n / 16) {
    const boost::math::students_t t(2.0 * n - 2);
    const double scale = std::sqrt(2 * prediction_variance(sd, n, process_floor));
    if ((quantile(complement(t, level)) + quantile(complement(t, 1 - options.power))) * scale <=
        shift)
      return n;
  }
  return std::nullopt;
}

std::vector<double> holm_adjusted(const std::vector<double>& p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted(p.size());
  double largest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, std::min(1.0, p[order[i]] * static_cast<double>(order.size() - i)));
    adjusted[order[i]] = largest;
  }
  return adjusted;
}

void decide_by_holm(check_result& found, const std::vector<std::size_t>& judged_cells,
                    const std::vector<double>& p, double false_alarms) {
  const std::vector<double> adjusted = holm_adjusted(p);
  for (std::size_t k = 0; k < judged_cells.size(); ++k) {
    cell_comparison& cell = found.cells[judged_cells[k]];
    cell.adjusted_p = adjusted[k];
    if (adjusted[k] <= false_alarms)
      cell.outcome = verdict::regression;
    else if (*cell.upper < 1 + cell.detect)
      cell.outcome = verdict::pass;
  }
}

void withhold_where_environments_differ(check_result& found, const std::string& remedy) {
  if (found.environment.empty() || found.environment_allowed) return;
  for (cell_comparison& cell : found.cells) {
    cell.outcome = verdict::inconclusive;
    cell.remedy = remedy;
  }
}

check_result compare_files(const results& old_results, const results& new_results,
                           const file_options& options) {
  const metric& judged = judged_metric(options.metric);
  check_result found;
  found.old_name = options.old_name;
  found.new_name = options.new_name;
  found.metric_label = judged.label;
  found.plan = {options.tolerate,
                options.detect,
                options.false_alarms,
                options.power,
                1 - options.power,
                new_results.seed,
                "baseline, then candidate",
                0,
                0,
                std::nullopt,
                std::nullopt};
  const std::vector<cell_pair> pairs = match_cells(old_results, new_results, found);
  found.environment = environment_differences(old_results, new_results);
  found.environment_allowed = options.allow_different_environment;

  const double old_floor = old_results.foreign ? options.process_floor : 0,
               new_floor = new_results.foreign ? options.process_floor : 0;
  std::vector<std::size_t> judged_cells;
  std::vector<double> p;
  for (const auto& [before, after] : pairs) {
    cell_comparison cell;
    cell.name = after->name;
    cell.metric = judged.id;
    cell.decided = decided_by::files;
    const cell_thresholds limits =
        thresholds_of(options.per_cell, cell.name, {options.tolerate, options.detect});
    cell.tolerate = limits.tolerate;
    cell.detect = limits.detect;
    for (const auto& [which, side_cell] :
         {std::pair{"baseline", before}, std::pair{"candidate", after}}) {
      for (const finding& f : side_cell->findings)
        cell.notes.push_back(fmt::format("{}: {}: {}", which, f.code, f.detail));
      if (has_finding(*side_cell, "aggregates_only"))
        cell.notes.push_back(
            fmt::format("{}: measure without --benchmark_report_aggregates_only", which));
    }
    if (measure(cell, figures_of(*before, judged), figures_of(*after, judged), old_floor, new_floor,
                judged, options, pairs.size())) {
      judged_cells.push_back(found.cells.size());
      p.push_back(*cell.p);
    }
    found.cells.push_back(std::move(cell));
  }

  decide_by_holm(found, judged_cells, p, options.false_alarms);
  for (const std::size_t k : judged_cells)
    if (cell_comparison& cell = found.cells[k]; cell.outcome == verdict::inconclusive)
      cell.remedy = more_repetitions(*cell.sd / std::sqrt(2.0), 0, cell, options, pairs.size());
  withhold_where_environments_differ(found,
                                     "the environments differ: measure both sides on one machine, "
                                     "or pass --allow-different-environment");

  found.notes.push_back(
      "the two sides were measured sequentially, so a change of the machine in between looks like "
      "a change of the program. The scatter of the repetitions stands in for such changes: "
      "intervals never become narrower than it, and the false alarm rate holds only if it covers "
      "them. `crossover check` on the two programs interleaves them and keeps the rate exactly");
  if (old_results.foreign || new_results.foreign)
    found.notes.push_back(
        fmt::format("repetitions in a Google Benchmark file share one process and cannot show the "
                    "effect of its memory layout: {} is added for it",
                    as_percent(options.process_floor)));
  for (const auto& [document, name] :
       {std::pair{&old_results, &options.old_name}, std::pair{&new_results, &options.new_name}})
    if (document->status == results_status::interrupted)
      found.notes.push_back(fmt::format("{}: the run was interrupted", *name));
  std::vector<std::string> names;
  for (const cell_comparison& cell : found.cells) names.push_back(cell.name);
  for (const std::string& pattern : idle_patterns(options.per_cell, names))
    found.notes.push_back(fmt::format("thresholds: '{}' matches no compared cell", pattern));
  require_common_cells(found);
  return found;
}

}  // namespace crossover
