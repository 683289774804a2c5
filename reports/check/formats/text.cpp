#include <fmt/format.h>

#include "reports/check/formats/formats.hpp"
#include "reports/escape.hpp"

namespace crossover {
namespace {

constexpr std::size_t text_name_limit = 120;

std::string bounds_text(const cell_comparison& cell) {
  if (!cell.lower || !cell.upper) return "no interval";
  return fmt::format("{} to {}", as_change(cell.lower), as_change(cell.upper));
}

void text_list(std::string& out, const char* title, const std::vector<unmatched_cell>& cells) {
  if (cells.empty()) return;
  out += fmt::format("\n{}:\n", title);
  for (const unmatched_cell& cell : cells)
    out += fmt::format("  {}{}{}\n", one_line(cell.name, text_name_limit),
                       cell.reason.empty() ? "" : ": ", one_line(cell.reason, 300));
}

}  // namespace

std::string as_text(const check_result& result) {
  std::string out = fmt::format("{} against {}: {}\n", one_line(result.candidate_name, 200),
                                one_line(result.baseline_name, 200), one_line(result.metric_label));
  if (!result.cells.empty()) {
    out += fmt::format("\n{:<12}  {:>10}  {:<24}  {:>8}  {:>6}  {}\n", "verdict", "change",
                       fmt::format("{:.4g} % interval", 100 * (1 - 2 * result.plan.bound_level)),
                       "p", "blocks", "cell");
    for (const cell_comparison* cell : by_urgency(result)) {
      const auto p = cell->adjusted_p ? cell->adjusted_p : cell->p;
      out += fmt::format("{:<12}  {:>10}  {:<24}  {:>8}  {:>6}  {}\n", verdict_word(*cell),
                         as_change(cell->ratio), bounds_text(*cell),
                         p ? fmt::format("{:.4f}", *p) : "n/a", cell->blocks,
                         one_line(cell->name, text_name_limit));
      if (cell->outcome == verdict::regression)
        out += fmt::format("              worse: {}\n",
                           worse_text(*cell, result.plan.rates.false_alarms));
      if (!cell->remedy.empty())
        out += fmt::format("              {}\n", one_line(cell->remedy, 300));
      for (const std::string& note : cell->notes)
        out += fmt::format("              note: {}\n", one_line(note, 300));
    }
  }
  text_list(out, "newly failing", result.newly_failing);
  text_list(out, "removed", result.removed);
  text_list(out, "fail on both sides", result.failing);
  text_list(out, "new, no baseline", result.added);
  text_list(out, "skipped on both sides", result.skipped);
  if (!result.environment.empty()) {
    out += result.environment_allowed ? "\nenvironments differ (allowed):\n"
                                      : "\nenvironments differ:\n";
    for (const environment_difference& d : result.environment)
      out += fmt::format("  {}: {} -> {}\n", one_line(d.key, 80), one_line(d.old_value, 120),
                         one_line(d.new_value, 120));
  }
  if (!result.notes.empty()) out += "\n";
  for (const std::string& note : result.notes)
    out += fmt::format("note: {}\n", one_line(note, 500));
  out += "\n";
  for (const control_comparison& control : result.controls)
    out += fmt::format("control: {}\n", one_line(control_text(control), 400));
  out += fmt::format("tolerate {}, detect {}, false alarms {} per suite, power {}, seed {}",
                     as_percent(result.plan.rates.tolerate), as_percent(result.plan.rates.detect),
                     as_percent(result.plan.rates.false_alarms),
                     as_percent(result.plan.rates.power), result.plan.seed);
  if (result.plan.wall_s) out += fmt::format(", {:.1f} s", *result.plan.wall_s);
  return out + "\n" + headline(result) + "\n";
}

}  // namespace crossover
