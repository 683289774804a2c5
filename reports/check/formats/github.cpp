#include <fmt/format.h>

#include "reports/check/formats/formats.hpp"
#include "reports/escape.hpp"

namespace crossover {
namespace {

/// GitHub shows ten annotations of each kind per step; the last one gives the number of the others.
constexpr std::size_t max_per_kind = 10;

struct annotation {
  const char* command;  ///< error, warning or notice
  std::string title;
  std::string message;
};

void add(std::string& out, const std::vector<annotation>& annotations) {
  const bool cut = annotations.size() > max_per_kind;
  const std::size_t shown = cut ? max_per_kind - 1 : annotations.size();
  for (std::size_t i = 0; i < shown; ++i)
    out += fmt::format("::{} title={}::{}\n", annotations[i].command,
                       workflow_property(one_line(annotations[i].title, 160)),
                       workflow_message(one_line(annotations[i].message, 1'000)));
  if (cut)
    out += fmt::format("::{} title=and {} more::see the step summary\n",
                       annotations.front().command, annotations.size() - shown);
}

}  // namespace

std::string as_github(const check_result& result) {
  std::vector<annotation> errors, warnings, notices;
  for (const cell_comparison* cell : by_urgency(result)) {
    const std::string name = one_line(cell->name, 120);
    const std::string figures = cell->lower && cell->upper
                                    ? fmt::format("{} (interval {} to {})", as_change(cell->ratio),
                                                  as_change(cell->lower), as_change(cell->upper))
                                    : as_change(cell->ratio);
    if (cell->outcome == verdict::regression)
      errors.push_back(
          {"error", "regression: " + name, regression_text(*cell, result.plan.rates.false_alarms)});
    else if (cell->outcome == verdict::inconclusive)
      warnings.push_back(
          {"warning", "inconclusive: " + name, fmt::format("{}; {}", figures, cell->remedy)});
    else if (cell->improvement)
      notices.push_back({"notice", "improved: " + name, figures});
  }
  for (const unmatched_cell& cell : result.newly_failing)
    errors.push_back({"error", "fails now: " + one_line(cell.name, 120), cell.reason});
  for (const unmatched_cell& cell : result.removed)
    warnings.push_back({"warning", "removed: " + one_line(cell.name, 120), cell.reason});
  for (const unmatched_cell& cell : result.failing)
    warnings.push_back(
        {"warning", "fails on both sides: " + one_line(cell.name, 120), cell.reason});
  for (const control_comparison& control : result.controls)
    if (!control.problem.empty())
      warnings.push_back({"warning", "a control came out wrong", control_text(control)});
  if (!result.environment_allowed)
    for (const environment_difference& d : result.environment)
      warnings.push_back({"warning", "environments differ: " + one_line(d.key, 80),
                          fmt::format("{} became {}", d.old_value, d.new_value)});
  std::string out;
  add(out, errors);
  add(out, warnings);
  add(out, notices);
  const char* overall = verdict_of(result) == verdict::regression     ? "error"
                        : verdict_of(result) == verdict::inconclusive ? "warning"
                                                                      : "notice";
  return out + fmt::format("::{} title=crossover check::{}\n", overall,
                           workflow_message(headline(result)));
}

}  // namespace crossover
