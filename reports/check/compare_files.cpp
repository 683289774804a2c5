#include "reports/check/compare_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "reports/check/judged_metric.hpp"
#include "reports/check/match_cells.hpp"
#include "reports/machine_types.hpp"
#include "reports/statistics/moments.hpp"
#include "reports/statistics/permutation_test.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

/// S.d. assumed if no side has two repetitions.
constexpr double assumed_sd = 0.015;

double sd_of(const sample_moments& logs) { return std::max(min_sd, logs.standard_deviation); }

double prediction_variance(double sd, double n, double floor) {
  return sd * sd * (1 + 1 / n) + floor * floor;
}

/// Independent figures of a comparison. Blocks of one host are not replicates of its type.
enum class replicates {
  repetitions,  ///< on one host, or without a fleet
  same_hosts,   ///< the change on each host
  other_hosts   ///< the means of the hosts of each side
};

/// Returns what would decide a cell. `sd`: that of the logs, or of the changes on the same hosts.
std::string more_needed(replicates by, double sd, double floor, const cell_comparison& cell,
                        const repetition_planner& planner) {
  if (by == replicates::same_hosts)
    return fmt::format(
        "the change scatters by {:.2g} % from host to host: more hosts would decide it, or run "
        "`crossover check` on the two programs on one of them",
        sd * 100);
  if (by == replicates::other_hosts)
    return "the two sides were measured on different hosts, which looks like a change: measure "
           "both on the same hosts";
  const auto needed = planner.needed(sd, floor, {cell.tolerate, cell.detect});
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
                   double floor, replicates by, const metric& judged,
                   const repetition_planner& planner) {
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
  cell.remedy = (by == replicates::repetitions ? "a single repetition gives no variance: " : "") +
                more_needed(by, sd, floor, cell, planner);
  return false;
}

/// Logs of one side of a cell by the name of the host, which is "" without a fleet.
std::map<std::string, metric_logs> logs_by_name(const results& document, const cell_result& cell,
                                                const metric& judged) {
  std::map<std::string, metric_logs> hosts;
  for (auto& [host, logs] : logs_by_host(cell, judged))
    hosts[host < document.hosts.size() ? document.hosts[host].name : ""] = std::move(logs);
  return hosts;
}

replicates replicates_of(const std::map<std::string, metric_logs>& before,
                         const std::map<std::string, metric_logs>& after) {
  const auto has_same_name = [](const auto& a, const auto& b) { return a.first == b.first; };
  if (!std::equal(before.begin(), before.end(), after.begin(), after.end(), has_same_name))
    return replicates::other_hosts;
  return before.size() > 1 ? replicates::same_hosts : replicates::repetitions;
}

/// Returns the logs of the only host, or the mean of each host's logs.
metric_logs independent_logs(const std::map<std::string, metric_logs>& hosts, replicates by) {
  if (by == replicates::repetitions) return hosts.empty() ? metric_logs() : hosts.begin()->second;
  metric_logs means;
  for (const auto& [name, of_host] : hosts) {
    if (!of_host.logs.empty()) means.logs.push_back(moments_of(of_host.logs).mean);
    means.zeros += of_host.zeros;
  }
  return means;
}

/// Fills in figures, p-values and bounds, or the reason why there are none.
void measure(cell_comparison& cell, const metric_logs& before, const metric_logs& after,
             double baseline_floor, double candidate_floor, replicates by, const metric& judged,
             const file_options& options, const repetition_planner& planner) {
  const sample_moments baseline_sample = moments_of(before.logs),
                       candidate_sample = moments_of(after.logs);
  const double change = worse_sign(judged) * (candidate_sample.mean - baseline_sample.mean);
  cell.blocks = static_cast<unsigned>(std::min(baseline_sample.n, candidate_sample.n));
  if (cell.blocks > 0 && before.zeros + after.zeros == 0) cell.ratio = std::exp(change);
  if (!can_be_judged(cell, before, after, std::max(baseline_floor, candidate_floor), by, judged,
                     planner))
    return;
  if (by == replicates::same_hosts) {
    std::vector<double> changes;
    for (std::size_t host = 0; host < before.logs.size(); ++host)
      changes.push_back(worse_sign(judged) * (after.logs[host] - before.logs[host]));
    const double n = static_cast<double>(changes.size());
    cell.sd = sd_of(moments_of(changes));
    judge_by_t(cell, {change, *cell.sd / std::sqrt(n), n - 1}, options.rates.power);
    return;
  }
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
}

}  // namespace

repetition_planner::repetition_planner(const error_rates& rates, std::size_t cells) {
  const double level = rates.false_alarms / static_cast<double>(std::max<std::size_t>(1, cells));
  for (unsigned n = 2; n <= 1000; n += 1 + n / 16)
    numbers_.push_back({n, detectable_shift(2.0 * n - 2, level, rates.power)});
}

std::optional<unsigned> repetition_planner::needed(double sd, double process_floor,
                                                   const cell_thresholds& judged) const {
  const double shift = std::log1p(judged.detect) - std::log1p(judged.tolerate);
  for (const candidate_number& number : numbers_) {
    const double scale = std::sqrt(2 * prediction_variance(sd, number.repetitions, process_floor));
    if (number.shift * scale <= shift) return number.repetitions;
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
  cell.better_p = p_above({-estimate.value, estimate.standard_error, estimate.degrees},
                          std::log1p(cell.tolerate));
  cell.lower = std::exp(estimate.value - distance);
  cell.upper = std::exp(estimate.value + distance);
}

void judge_errors(cell_comparison& cell, std::span<const double> baseline,
                  std::span<const double> candidate) {
  const double baseline_mean = moments_of(baseline).mean,
               candidate_mean = moments_of(candidate).mean;
  if (!(baseline_mean + candidate_mean > 0)) return;
  cell.quantities.push_back({.of = quantity::errors,
                             .baseline = baseline_mean,
                             .candidate = candidate_mean,
                             .p = permutation_p(baseline, candidate)});
  cell.notes.push_back(quantity_text(cell.quantities.back()));
}

void decide_by_holm(check_result& result) {
  const double level = result.plan.rates.false_alarms;
  std::vector<double> p, better_p;
  std::vector<std::optional<double>*> adjusted;
  for (cell_comparison& cell : result.cells) {
    better_p.push_back(cell.better_p.value_or(1));
    if (cell.p) {
      p.push_back(*cell.p);
      adjusted.push_back(&cell.adjusted_p);
    }
    for (quantity_comparison& q : cell.quantities) {
      p.push_back(q.p);
      adjusted.push_back(&q.adjusted_p);
    }
  }
  const std::vector<double> adjusted_p = holm_adjusted(p);
  for (std::size_t i = 0; i < p.size(); ++i) *adjusted[i] = adjusted_p[i];
  const std::vector<double> adjusted_better = holm_adjusted(better_p);
  for (std::size_t i = 0; i < result.cells.size(); ++i) {
    cell_comparison& cell = result.cells[i];
    const verdict judged = verdict_of(cell, level);
    if (cell.p || judged == verdict::regression || excess_of(cell) != nullptr)
      cell.outcome = judged;
    cell.improvement = cell.outcome == verdict::pass && adjusted_better[i] <= level;
    if (cell.outcome == verdict::regression) cell.remedy.clear();
    if (cell.outcome == verdict::inconclusive && excess_of(cell) != nullptr)
      cell.remedy = quantity_text(*excess_of(cell)) +
                    ": more repetitions would show whether that is chance; a candidate that fails "
                    "more does not pass";
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
  result.environment = machine_differences(baseline, candidate);
  result.environment_allowed = options.allow_different_environment;

  const double baseline_floor = baseline.foreign ? options.process_floor : 0,
               candidate_floor = candidate.foreign ? options.process_floor : 0;
  const repetition_planner planner(options.rates, pairs.size());
  std::vector<replicates> replicates_by_cell;
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
    const auto before_logs = logs_by_name(baseline, *before, judged),
               after_logs = logs_by_name(candidate, *after, judged);
    replicates_by_cell.push_back(replicates_of(before_logs, after_logs));
    const replicates by = replicates_by_cell.back();
    measure(cell, independent_logs(before_logs, by), independent_logs(after_logs, by),
            baseline_floor, candidate_floor, by, judged, options, planner);
    judge_errors(cell, error_shares_of(*before), error_shares_of(*after));
    result.cells.push_back(std::move(cell));
  }

  decide_by_holm(result);
  for (std::size_t i = 0; i < result.cells.size(); ++i) {
    cell_comparison& cell = result.cells[i];
    const replicates by = replicates_by_cell[i];
    if (cell.outcome == verdict::inconclusive && cell.p && cell.remedy.empty())
      cell.remedy =
          more_needed(by, by == replicates::same_hosts ? *cell.sd : *cell.sd / std::sqrt(2.0), 0,
                      cell, planner);
  }
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
