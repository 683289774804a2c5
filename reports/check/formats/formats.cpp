#include "reports/check/formats/formats.hpp"

#include <algorithm>
#include <array>

namespace crossover {
namespace {

constexpr std::array formats = {
    output_format{"text", "a table for terminals and logs", as_text},
    output_format{"json", "all data, for programs", as_json},
    output_format{"markdown", "a comment for a pull or merge request", as_markdown},
    output_format{"html", "a page with charts of changes and history", as_html},
    output_format{"junit", "JUnit test report, one test case per cell", as_junit},
    output_format{"sarif", "SARIF 2.1.0 for code scanning", as_sarif},
    output_format{"github", "annotations of a GitHub Actions job", as_github},
    output_format{"github_summary", "the step summary of a GitHub Actions job", as_github_summary},
};

}  // namespace

std::span<const output_format> all_formats() { return formats; }

const output_format* find_format(std::string_view name) {
  const auto result = std::find_if(formats.begin(), formats.end(),
                                   [name](const output_format& f) { return f.name == name; });
  return result == formats.end() ? nullptr : &*result;
}

}  // namespace crossover
