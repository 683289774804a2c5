#include "reports/check/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/units.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

int urgency(const cell_comparison& cell) {
  if (cell.outcome == verdict::regression) return 0;
  if (cell.outcome == verdict::inconclusive) return 1;
  return cell.improvement ? 2 : 3;
}

std::size_t count(const check_result& result, verdict outcome) {
  return static_cast<std::size_t>(
      std::count_if(result.cells.begin(), result.cells.end(),
                    [&](const cell_comparison& c) { return c.outcome == outcome; }));
}

bool rejects(const std::optional<double>& p, double level) { return p && *p <= level; }

}  // namespace

std::string_view to_string(verdict value) {
  switch (value) {
    case verdict::pass:
      return "pass";
    case verdict::regression:
      return "regression";
    case verdict::inconclusive:
      return "inconclusive";
  }
  return "inconclusive";
}

std::string_view to_string(decided_by value) {
  switch (value) {
    case decided_by::screen:
      return "screen";
    case decided_by::confirmation:
      return "confirmation";
    case decided_by::files:
      return "files";
    case decided_by::history:
      return "history";
  }
  return "files";
}

std::string_view to_string(quantity value) {
  switch (value) {
    case quantity::total:
      return "total";
    case quantity::tail:
      return "tail";
    case quantity::errors:
      return "errors";
    case quantity::failures:
      return "failures";
  }
  return "errors";
}

const quantity_comparison* excess_of(const cell_comparison& cell) {
  const auto worse = std::find_if(
      cell.quantities.begin(), cell.quantities.end(), [](const quantity_comparison& q) {
        return (q.of == quantity::errors || q.of == quantity::failures) && q.candidate > q.baseline;
      });
  return worse == cell.quantities.end() ? nullptr : &*worse;
}

verdict verdict_of(const cell_comparison& cell, double false_alarms) {
  if (!worse_quantities(cell, false_alarms).empty()) return verdict::regression;
  const auto excludes_detect = [&](const std::optional<double>& upper) {
    return upper && *upper < 1 + cell.detect;
  };
  const bool total_excludes_detect = std::all_of(
      cell.quantities.begin(), cell.quantities.end(), [&](const quantity_comparison& q) {
        return q.of != quantity::total || excludes_detect(q.upper);
      });
  return excludes_detect(cell.upper) && total_excludes_detect && excess_of(cell) == nullptr
             ? verdict::pass
             : verdict::inconclusive;
}

std::string_view verdict_word(const cell_comparison& cell) {
  return cell.improvement && cell.outcome == verdict::pass ? "improved" : to_string(cell.outcome);
}

std::string quantity_text(const quantity_comparison& q) {
  const char* what = "";
  switch (q.of) {
    case quantity::total:
      return fmt::format("total {}", as_change(q.candidate));
    case quantity::tail:
      what = "slices are slow";
      break;
    case quantity::errors:
      what = "operations fail";
      break;
    case quantity::failures:
      what = "processes fail";
      break;
  }
  return fmt::format("{} of {}, {} in the baseline", as_percent(q.candidate), what,
                     as_percent(q.baseline));
}

std::vector<std::string_view> worse_quantities(const cell_comparison& cell, double false_alarms) {
  std::vector<std::string_view> worse;
  if (rejects(cell.adjusted_p, false_alarms)) worse.emplace_back("metric");
  for (const quantity_comparison& q : cell.quantities)
    if (rejects(q.adjusted_p, false_alarms)) worse.push_back(to_string(q.of));
  return worse;
}

std::string worse_text(const cell_comparison& cell, double false_alarms) {
  std::string text = rejects(cell.adjusted_p, false_alarms) ? "metric" : "";
  for (const quantity_comparison& q : cell.quantities)
    if (rejects(q.adjusted_p, false_alarms)) text += (text.empty() ? "" : "; ") + quantity_text(q);
  return text;
}

std::string regression_text(const cell_comparison& cell, double false_alarms) {
  const std::string worse = worse_text(cell, false_alarms);
  if (!worse.empty() && !worse.starts_with("metric")) return worse;
  std::string text = as_change(cell.ratio);
  if (cell.lower && cell.upper)
    text += fmt::format(" (interval {} to {})", as_change(cell.lower), as_change(cell.upper));
  text += fmt::format("; {} is tolerated", as_percent(cell.tolerate));
  const std::size_t others = worse.find("; ");
  return others == std::string::npos ? text : text + worse.substr(others);
}

std::string control_text(const control_comparison& control) {
  std::string text = control.cell;
  text += control.added > 0 ? fmt::format(" slowed by {}{}", as_percent(control.added),
                                          control.is_counted ? " in its readings" : "")
                            : " with itself";
  if (control.blocks > 0)
    text += fmt::format(": {} (total {}), {}", as_change(control.ratio),
                        as_change(control.total_ratio), counted(control.blocks, "block"));
  return control.problem.empty() ? text : text + ": " + control.problem;
}

bool has_wrong_control(const check_result& result) {
  return std::any_of(result.controls.begin(), result.controls.end(),
                     [](const control_comparison& control) { return !control.problem.empty(); });
}

verdict verdict_of(const check_result& result) {
  if (has_wrong_control(result)) return verdict::inconclusive;
  if (count(result, verdict::regression) > 0 || !result.newly_failing.empty())
    return verdict::regression;
  const bool unsure = count(result, verdict::inconclusive) > 0 || !result.removed.empty() ||
                      !result.failing.empty() ||
                      (!result.environment.empty() && !result.environment_allowed) ||
                      result.cells.empty();
  return unsure ? verdict::inconclusive : verdict::pass;
}

int exit_code_of(const check_result& result) {
  switch (verdict_of(result)) {
    case verdict::pass:
      return 0;
    case verdict::regression:
      return 1;
    case verdict::inconclusive:
      return 2;
  }
  return 2;
}

std::string headline(const check_result& result) {
  std::vector<std::string> parts;
  const auto say = [&](std::size_t n, const char* what) {
    if (n > 0) parts.push_back(fmt::format("{} {}", n, what));
  };
  say(count(result, verdict::regression), "regressed");
  say(result.newly_failing.size(), "newly failing");
  say(result.removed.size(), "removed");
  say(count(result, verdict::inconclusive), "inconclusive");
  say(result.failing.size(), "failing on both sides");
  const auto improved = static_cast<std::size_t>(
      std::count_if(result.cells.begin(), result.cells.end(),
                    [](const cell_comparison& c) { return c.improvement; }));
  say(improved, "improved");
  std::string text = fmt::format("{}: {} compared", to_string(verdict_of(result)),
                                 counted(result.cells.size(), "cell"));
  for (const std::string& part : parts) text += ", " + part;
  if (!result.environment.empty() && !result.environment_allowed) text += ", environments differ";
  if (has_wrong_control(result)) text += ", a control came out wrong";
  return text;
}

void require_common_cells(const check_result& result) {
  if (!result.cells.empty() || !result.newly_failing.empty() || !result.failing.empty()) return;
  throw error(error_kind::unreadable, fmt::format("{} and {}: no cell in common ({} only in the "
                                                  "baseline, {} only in the candidate); compare "
                                                  "runs of the same suite",
                                                  result.baseline_name, result.candidate_name,
                                                  result.removed.size(), result.added.size()));
}

std::vector<const cell_comparison*> by_urgency(const check_result& result) {
  std::vector<const cell_comparison*> order;
  for (const cell_comparison& cell : result.cells) order.push_back(&cell);
  std::stable_sort(order.begin(), order.end(),
                   [](const cell_comparison* a, const cell_comparison* b) {
                     if (urgency(*a) != urgency(*b)) return urgency(*a) < urgency(*b);
                     return a->ratio.value_or(0) > b->ratio.value_or(0);
                   });
  return order;
}

std::string as_change(std::optional<double> ratio) {
  if (!ratio || !std::isfinite(*ratio)) return "n/a";
  const double percent = (*ratio - 1) * 100;
  return std::abs(percent) < 1000 ? fmt::format("{:+.2f} %", percent)
                                  : fmt::format("x{:.3g}", *ratio);
}

std::string as_percent(double share) { return fmt::format("{:.4g} %", share * 100); }

}  // namespace crossover
