#include "reports/check/compare_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "reports/check/judged_metric.hpp"
#include "reports/check/match_cells.hpp"
#include "reports/environment_differences.hpp"
#include "reports/statistics/moments.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

/// S.d. assumed if no side has two repetitions.
constexpr double assumed_sd = 0.015;

double sd_of(const sample_moments& logs) { return std::max(min_sd, logs.standard_deviation); }

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

/// Handles a cell with zeros or without enough repetitions. Returns whether it can be judged;
/// otherwise `remedy` or `notes` has the reason.
bool can_be_judged(cell_comparison& cell, const metric_logs& before, const metric_logs& after,
                   double floor, const metric& judged, const file_options& options,
                   std::size_t cells) {
  const bool both_empty = before.logs.empty() && after.logs.empty();
  if (before.zeros + after.zeros > 0 && both_empty) {
    cell.ratio = 1;
    cell.outcome = verdict::pass;
    cell.notes.push_back(fmt::format("{} is 0 on both sides", judged.label));
    return false;
  }
  if (before.zeros + after.zeros > 0) {
    cell.remedy = fmt::format(
        "{} is 0 in some repetitions, so there is no ratio; compare the values directly",
        judged.label);
    return false;
  }
  if (cell.blocks == 0) {
    const char* unmeasured = both_empty            ? "either side"
                             : before.logs.empty() ? "the baseline"
                                                   : "the candidate";
    cell.remedy = fmt::format("{} was not measured on {}; choose another --metric or measure again",
                              judged.label, unmeasured);
    return false;
  }
  if (cell.blocks > 1) return true;
  const metric_logs& larger = before.logs.size() > 1 ? before : after;
  const double sd = larger.logs.size() > 1 ? sd_of(moments_of(larger.logs)) : assumed_sd;
  cell.remedy =
      "a single repetition gives no variance: " + more_repetitions(sd, floor, cell, options, cells);
  return false;
}

/// Fills in figures, p and bounds. Returns false if there is nothing to judge.
bool measure(cell_comparison& cell, const metric_logs& before, const metric_logs& after,
             double baseline_floor, double candidate_floor, const metric& judged,
             const file_options& options, std::size_t cells) {
  const sample_moments baseline_sample = moments_of(before.logs),
                       candidate_sample = moments_of(after.logs);
  const double change = worse_sign(judged) * (candidate_sample.mean - baseline_sample.mean);
  cell.blocks = static_cast<unsigned>(std::min(baseline_sample.n, candidate_sample.n));
  if (cell.blocks > 0 && before.zeros + after.zeros == 0) cell.ratio = std::exp(change);
  if (!can_be_judged(cell, before, after, std::max(baseline_floor, candidate_floor), judged,
                     options, cells))
    return false;
  const double baseline_n = static_cast<double>(baseline_sample.n),
               candidate_n = static_cast<double>(candidate_sample.n);
  const double baseline_variance =
                   prediction_variance(sd_of(baseline_sample), baseline_n, baseline_floor),
               candidate_variance =
                   prediction_variance(sd_of(candidate_sample), candidate_n, candidate_floor);
  const t_estimate estimate{
      change, std::sqrt(baseline_variance + candidate_variance),
      welch_degrees(baseline_variance, baseline_n - 1, candidate_variance, candidate_n - 1)};
  cell.sd = estimate.standard_error;
  judge_by_t(cell, estimate, options.rates.power);
  return true;
}

}  // namespace

std::optional<unsigned> repetitions_needed(double sd, double process_floor,
                                           const cell_thresholds& judged,
                                           const file_options& options, std::size_t cells) {
  const double shift = std::log1p(judged.detect) - std::log1p(judged.tolerate);
  const double level =
      options.rates.false_alarms / static_cast<double>(std::max<std::size_t>(1, cells));
  for (unsigned n = 2; n <= 1000; n += 1 + n / 16) {
    const double scale = std::sqrt(2 * prediction_variance(sd, n, process_floor));
    if (detectable_shift(2.0 * n - 2, level, options.rates.power) * scale <= shift) return n;
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

comparison_plan plan_of(const file_options& options, std::uint64_t seed, std::string order) {
  return {.rates = options.rates,
          .bound_level = 1 - options.rates.power,
          .seed = seed,
          .order = std::move(order)};
}

void judge_by_t(cell_comparison& cell, const t_estimate& estimate, double power) {
  const double distance = bound_distance(estimate, 1 - power);
  cell.p = p_above(estimate, std::log1p(cell.tolerate));
  cell.lower = std::exp(estimate.value - distance);
  cell.upper = std::exp(estimate.value + distance);
  cell.improvement = *cell.upper < 1 / (1 + cell.tolerate);
}

void decide_by_holm(check_result& result, const std::vector<std::size_t>& judged_cells,
                    const std::vector<double>& p, double false_alarms) {
  const std::vector<double> adjusted = holm_adjusted(p);
  for (std::size_t k = 0; k < judged_cells.size(); ++k) {
    cell_comparison& cell = result.cells[judged_cells[k]];
    cell.adjusted_p = adjusted[k];
    if (adjusted[k] <= false_alarms)
      cell.outcome = verdict::regression;
    else if (*cell.upper < 1 + cell.detect)
      cell.outcome = verdict::pass;
  }
}

void withhold_if_environments_differ(check_result& result, const std::string& remedy) {
  if (result.environment.empty() || result.environment_allowed) return;
  for (cell_comparison& cell : result.cells) {
    cell.outcome = verdict::inconclusive;
    cell.remedy = remedy;
  }
}

check_result compare_files(const results& baseline, const results& candidate,
                           const file_options& options) {
  const metric& judged = judged_metric(options.metric);
  check_result result;
  result.baseline_name = options.baseline_name;
  result.candidate_name = options.candidate_name;
  result.metric_label = judged.label;
  result.plan = plan_of(options, candidate.seed, "baseline, then candidate");
  const std::vector<cell_pair> pairs = match_cells(baseline, candidate, result);
  result.environment = environment_differences(baseline, candidate);
  result.environment_allowed = options.allow_different_environment;

  const double baseline_floor = baseline.foreign ? options.process_floor : 0,
               candidate_floor = candidate.foreign ? options.process_floor : 0;
  std::vector<std::size_t> judged_cells;
  std::vector<double> p;
  for (const auto& [before, after] : pairs) {
    cell_comparison cell;
    cell.name = after->name;
    cell.metric = judged.id;
    cell.decided = decided_by::files;
    const cell_thresholds limits =
        thresholds_of(options.per_cell, cell.name, {options.rates.tolerate, options.rates.detect});
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
    if (measure(cell, logs_of(*before, judged), logs_of(*after, judged), baseline_floor,
                candidate_floor, judged, options, pairs.size())) {
      judged_cells.push_back(result.cells.size());
      p.push_back(*cell.p);
    }
    result.cells.push_back(std::move(cell));
  }

  decide_by_holm(result, judged_cells, p, options.rates.false_alarms);
  for (const std::size_t k : judged_cells)
    if (cell_comparison& cell = result.cells[k]; cell.outcome == verdict::inconclusive)
      cell.remedy = more_repetitions(*cell.sd / std::sqrt(2.0), 0, cell, options, pairs.size());
  withhold_if_environments_differ(result,
                                  "the environments differ: measure both sides on one machine, "
                                  "or pass --allow-different-environment");

  result.notes.push_back(
      "the two sides were measured sequentially, so a change of the machine in between looks like "
      "a change of the program. The scatter of the repetitions stands in for such changes: "
      "intervals never become narrower than it, and the false alarm rate holds only if it covers "
      "them. `crossover check` on the two programs interleaves them and keeps the rate exactly");
  if (baseline.foreign || candidate.foreign)
    result.notes.push_back(
        fmt::format("repetitions in a Google Benchmark file share one process and cannot show the "
                    "effect of its memory layout: {} is added for it",
                    as_percent(options.process_floor)));
  for (const auto& [document, name] : {std::pair{&baseline, &options.baseline_name},
                                       std::pair{&candidate, &options.candidate_name}})
    if (document->status == results_status::interrupted)
      result.notes.push_back(fmt::format("{}: the run was interrupted", *name));
  std::vector<std::string> names;
  for (const cell_comparison& cell : result.cells) names.push_back(cell.name);
  for (const std::string& pattern : unused_patterns(options.per_cell, names))
    result.notes.push_back(fmt::format("thresholds: '{}' matches no compared cell", pattern));
  require_common_cells(result);
  return result;
}

}  // namespace crossover
