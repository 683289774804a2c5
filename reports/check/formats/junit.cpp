#include <fmt/format.h>

#include "reports/check/formats/formats.hpp"
#include "reports/escape.hpp"

namespace crossover {
namespace {

/// Element inside a test case that did not simply pass.
struct case_outcome {
  const char* element = nullptr;  ///< failure, error or skipped; nullptr for a pass
  std::string type;
  std::string message;
};

struct counts {
  unsigned tests = 0, failures = 0, errors = 0, skipped = 0;
};

std::string test_case(const std::string& name, const case_outcome& what, const std::string& details,
                      counts& tally) {
  ++tally.tests;
  std::string out = fmt::format(
      "    <testcase classname=\"crossover.check\" name=\"{}\" time=\"0\">", xml_text(name));
  if (what.element != nullptr) {
    const std::string_view element = what.element;
    ++(element == "failure" ? tally.failures : element == "error" ? tally.errors : tally.skipped);
    out += fmt::format("<{0} type=\"{1}\" message=\"{2}\"/>", element, xml_text(what.type),
                       xml_text(what.message));
  }
  if (!details.empty()) out += fmt::format("<system-out>{}</system-out>", xml_text(details));
  return out + "</testcase>\n";
}

case_outcome outcome_of(const cell_comparison& cell, double false_alarms) {
  switch (cell.outcome) {
    case verdict::pass:
      return {};
    case verdict::regression:
      return {"failure", "regression", "worse: " + regression_text(cell, false_alarms)};
    case verdict::inconclusive:
      return {"error", "inconclusive", cell.remedy};
  }
  return {};
}

std::string details_of(const cell_comparison& cell) {
  std::string text = fmt::format("change {}", as_change(cell.ratio));
  if (cell.lower && cell.upper)
    text += fmt::format(", interval {} to {}", as_change(cell.lower), as_change(cell.upper));
  text += fmt::format(", {} blocks, {}", cell.blocks, to_string(cell.decided));
  if (cell.improvement) text += ", improved";
  for (const std::string& note : cell.notes) text += "; " + note;
  return text;
}

}  // namespace

std::string as_junit(const check_result& result) {
  counts tally;
  std::string cases;
  for (const cell_comparison& cell : result.cells)
    cases += test_case(cell.name, outcome_of(cell, result.plan.rates.false_alarms),
                       details_of(cell), tally);
  for (const unmatched_cell& cell : result.newly_failing)
    cases += test_case(cell.name, {"failure", "newly_failing", cell.reason}, "", tally);
  for (const unmatched_cell& cell : result.removed)
    cases += test_case(cell.name, {"error", "removed", cell.reason}, "", tally);
  for (const unmatched_cell& cell : result.failing)
    cases += test_case(cell.name, {"error", "failing", cell.reason}, "", tally);
  for (const unmatched_cell& cell : result.added)
    cases += test_case(cell.name, {"skipped", "new", cell.reason}, "", tally);
  for (const unmatched_cell& cell : result.skipped)
    cases += test_case(cell.name, {"skipped", "skipped", cell.reason}, "", tally);
  for (const control_comparison& control : result.controls)
    cases +=
        test_case(control.added > 0 ? "control: slowed" : "control: with itself",
                  control.problem.empty() ? case_outcome{}
                                          : case_outcome{"error", "control", control_text(control)},
                  control.problem.empty() ? control_text(control) : "", tally);
  if (!result.environment.empty() && !result.environment_allowed) {
    std::string keys;
    for (const environment_difference& d : result.environment)
      keys += (keys.empty() ? "" : ", ") + d.key;
    cases += test_case("environment", {"error", "environment", "environments differ: " + keys}, "",
                       tally);
  }
  const std::string figures = fmt::format(
      "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3f}\"", tally.tests,
      tally.failures, tally.errors, tally.skipped, result.plan.wall_s.value_or(0));
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {0}>\n  <testsuite name=\"crossover "
      "check\" "
      "{0}>\n"
      "    <properties><property name=\"links_of_baseline\" value=\"{2}\"/><property "
      "name=\"links_of_candidate\" value=\"{3}\"/><property name=\"averages_layout\" "
      "value=\"{4}\"/></properties>\n"
      "{1}  </testsuite>\n</testsuites>\n",
      figures, cases, result.plan.links[0], result.plan.links[1], averages_layout(result.plan));
}

}  // namespace crossover
