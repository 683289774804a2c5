#pragma once

#include <span>
#include <string>
#include <string_view>

#include "reports/check/comparison.hpp"

namespace crossover {

/// One output of `check`: a pure function from what was found to the bytes of a file. One more is
/// its file and one row.
struct output_format {
  std::string_view name;         ///< as in `--format NAME[:PATH]`
  std::string_view description;  ///< one line for `--help`
  std::string (*render)(const check_result&);
};

/// Every output format, in the order in which `--help` shows them.
std::span<const output_format> all_formats();

/// The format of this name, or nullptr.
const output_format* find_format(std::string_view name);

/// For terminals and logs: a line a cell, most urgent first, then what could not be compared and
/// what to do.
std::string as_text(const check_result& found);
/// For programs: {"crossover_check": {"schema": 1, …}}; absent figures are null.
std::string as_json(const check_result& found);
/// For a comment on a pull request (at most 60,000 characters), beginning with a marker by which it
/// is found again.
std::string as_markdown(const check_result& found);
/// For people: one self-contained page with a forest plot, without scripts; a policy in it forbids
/// everything but its own style.
std::string as_html(const check_result& found);
/// For test reports of CI systems: a test case a cell; a regression is a failure, an inconclusive
/// or removed cell an error.
std::string as_junit(const check_result& found);
/// For code scanning: SARIF 2.1.0, a result for whatever is not a pass.
std::string as_sarif(const check_result& found);
/// For the log of a GitHub Actions job: workflow commands that become annotations.
std::string as_github(const check_result& found);
/// For the file that GITHUB_STEP_SUMMARY names: Markdown without the comment's marker.
std::string as_github_summary(const check_result& found);

}  // namespace crossover
