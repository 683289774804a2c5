#include <fmt/format.h>

#include "reports/check/formats/formats.hpp"
#include "reports/escape.hpp"

namespace crossover {
namespace {

/// GitHub rejects comments of more than 65,536 characters.
constexpr std::size_t max_bytes = 60'000;
constexpr std::size_t markdown_name_limit = 160;

std::string row(const cell_comparison& cell, double false_alarms) {
  const std::string_view word =
      cell.outcome == verdict::regression ? "**regression**" : verdict_word(cell);
  const std::string interval =
      cell.lower && cell.upper
          ? fmt::format("{} to {}", as_change(cell.lower), as_change(cell.upper))
          : "n/a";
  std::string remark = cell.outcome == verdict::regression
                           ? "worse: " + worse_text(cell, false_alarms)
                           : cell.remedy;
  for (const std::string& note : cell.notes) remark += (remark.empty() ? "" : "; ") + note;
  return fmt::format("| {} | {} | {} | {} | {} | {} |\n", word, as_change(cell.ratio), interval,
                     cell.blocks, markdown_code(cell.name, markdown_name_limit),
                     markdown_text(remark, 240));
}

constexpr const char* table_head =
    "| verdict | change | interval | blocks | cell | remark |\n|---|--:|---|--:|---|---|\n";

/// Appends lines until `room` bytes are used, then the number of those left out.
void add_lines(std::string& out, const std::vector<std::string>& lines, std::size_t room) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (out.size() + lines[i].size() > room) {
      out += fmt::format("\n{} more did not fit: see the other outputs.\n", lines.size() - i);
      return;
    }
    out += lines[i];
  }
}

void markdown_list(std::string& out, const char* title, const std::vector<unmatched_cell>& cells) {
  if (cells.empty()) return;
  std::vector<std::string> lines;
  for (const unmatched_cell& cell : cells)
    lines.push_back(fmt::format("- {} {}\n", markdown_code(cell.name, markdown_name_limit),
                                markdown_text(cell.reason, 240)));
  out += fmt::format("\n**{}**\n\n", title);
  add_lines(out, lines, out.size() + 6'000);
}

/// The controls that came out right.
std::string markdown_controls(const check_result& result) {
  std::string text;
  for (const control_comparison& control : result.controls)
    if (control.problem.empty())
      text += (text.empty() ? " Controls: " : "; ") + control_text(control);
  return text.empty() ? text : text + ".";
}

std::string body(const check_result& result) {
  std::string out = fmt::format("### Benchmarks: {}\n\n", markdown_text(headline(result)));
  std::vector<std::string> urgent, rest;
  for (const cell_comparison* cell : by_urgency(result))
    (cell->outcome != verdict::pass || cell->improvement ? urgent : rest)
        .push_back(row(*cell, result.plan.rates.false_alarms));
  if (!urgent.empty()) {
    out += table_head;
    add_lines(out, urgent, 24'000);
  }
  markdown_list(out, "Newly failing", result.newly_failing);
  markdown_list(out, "Removed", result.removed);
  markdown_list(out, "Fail on both sides", result.failing);
  markdown_list(out, "New", result.added);
  if (!result.environment.empty()) {
    out += result.environment_allowed ? "\n**Environments differ (allowed)**\n\n"
                                      : "\n**Environments differ**\n\n";
    std::vector<std::string> lines;
    for (const environment_difference& d : result.environment)
      lines.push_back(fmt::format("- {}: {} became {}\n", markdown_text(d.key, 80),
                                  markdown_text(d.old_value, 120),
                                  markdown_text(d.new_value, 120)));
    add_lines(out, lines, out.size() + 4'000);
  }
  for (const std::string& note : result.notes)
    out += fmt::format("\n{}\n", markdown_text(note, 500));
  for (const control_comparison& control : result.controls)
    if (!control.problem.empty())
      out += fmt::format("\nControl: {}\n", markdown_text(control_text(control), 500));
  if (!rest.empty()) {
    out += fmt::format("\n<details><summary>{} that pass</summary>\n\n{}", rest.size(), table_head);
    add_lines(out, rest, max_bytes - 600);
    out += "\n</details>\n";
  }
  out += fmt::format(
      "\n<sub>{}: tolerate {}, detect {} with {} power, {} false alarms per suite; seed "
      "{}.{}</sub>\n",
      markdown_text(result.metric_label), as_percent(result.plan.rates.tolerate),
      as_percent(result.plan.rates.detect), as_percent(result.plan.rates.power),
      as_percent(result.plan.rates.false_alarms), result.plan.seed,
      markdown_text(markdown_controls(result), 800));
  return out;
}

}  // namespace

std::string as_markdown(const check_result& result) {
  return "<!-- crossover check -->\n" + body(result);
}

std::string as_github_summary(const check_result& result) { return body(result); }

}  // namespace crossover
