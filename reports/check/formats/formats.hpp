#pragma once

#include <span>
#include <string>
#include <string_view>

#include "reports/check/comparison.hpp"

namespace crossover {

/// One output format of `check`: a pure function from the result to the bytes of a file. A new
/// format is one file and one row in the table.
struct output_format {
  std::string_view name;         ///< as in `--format NAME[:PATH]`
  std::string_view description;  ///< one line for `--help`
  std::string (*render)(const check_result&);
};

/// Returns all output formats, in the order of `--help`.
std::span<const output_format> all_formats();

/// Returns the format with this name, or nullptr.
const output_format* find_format(std::string_view name);

/// Output for terminals and logs: one line per cell, most urgent first, then cells that could not
/// be compared.
std::string as_text(const check_result& result);
/// Output for programs: {"crossover_check": {"schema": 1, …}}; absent figures are null.
std::string as_json(const check_result& result);
/// Output for a comment on a pull request (at most 60,000 characters). Begins with a marker that
/// identifies the comment.
std::string as_markdown(const check_result& result);
/// Output for people: one self-contained page with a chart of the changes and of the history. Its
/// content policy allows only its own script and style. Verdicts and tables need no script.
std::string as_html(const check_result& result);
/// Output for test reports of CI systems: one test case per cell. A regression is a failure; an
/// inconclusive or removed cell is an error.
std::string as_junit(const check_result& result);
/// Output for code scanning: SARIF 2.1.0 with one result for everything except passes.
std::string as_sarif(const check_result& result);
/// Output for the log of a GitHub Actions job: workflow commands, shown as annotations.
std::string as_github(const check_result& result);
/// Output for the file named by GITHUB_STEP_SUMMARY: Markdown without the comment's marker.
std::string as_github_summary(const check_result& result);

}  // namespace crossover
