#include "reports/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <vector>

#include "reports/answer_text.hpp"
#include "reports/escape.hpp"
#include "reports/findings_text.hpp"
#include "reports/machine_text.hpp"
#include "reports/machine_types.hpp"
#include "reports/outcomes.hpp"
#include "reports/panels.hpp"
#include "reports/questions.hpp"
#include "reports/units.hpp"

namespace crossover {
namespace {

/// Lines of the summary. With the paths of results and page and a prompt it fills 24 lines.
constexpr std::size_t max_lines = 21;
/// A longer title has its own line, so that it does not narrow the columns beside it.
constexpr std::size_t widest_title = 22;
/// A narrower remark would be cut to nothing.
constexpr std::size_t narrowest_remark = 20;

using text_lines = std::vector<std::string>;

struct column_widths {
  std::size_t title = 0, answer = 0, place = 0;
};

std::string title_of(const question& row) {
  return row.machine.empty() ? row.title : row.title + ", on " + row.machine;
}

column_widths widths_of(const std::vector<question>& rows) {
  column_widths widths;
  for (const question& row : rows) {
    if (width_of(title_of(row)) <= widest_title)
      widths.title = std::max(widths.title, width_of(title_of(row)));
    widths.answer = std::max(widths.answer, width_of(row.answer));
    widths.place = std::max(widths.place, width_of(row.place));
  }
  return widths;
}

/// Lines of the questions: title, answer, place and, if there is room, a remark. Rows with the same
/// title show it once.
text_lines lines_of(const std::vector<question>& rows, const answer_set& all, const terminal& to) {
  const column_widths widths = widths_of(rows);
  const std::size_t from = 2 + widths.title + 2;
  const std::size_t room = to.columns - std::min(to.columns, from);
  const std::size_t answer = std::min(widths.answer, room);
  const std::size_t to_place = from + answer + 2 + widths.place;
  const bool has_place = to_place <= to.columns;
  text_lines lines;
  std::string title;
  for (const question& row : rows) {
    const bool is_new = title_of(row) != title;
    title = title_of(row);
    const bool is_long = width_of(title) > widest_title;
    if (is_new && is_long) lines.push_back(fitted("  " + title, to.columns));
    std::string line = padded(is_new && !is_long ? "  " + title : "", from);
    const bool is_decided = all.contests[row.contests.back()].is_decided();
    line += painted(to, is_decided ? paint::green : paint::yellow, fitted(row.answer, answer));
    if (has_place) {
      line.append(answer - std::min(answer, width_of(row.answer)) + 2, ' ');
      line += row.place;
    }
    if (const std::size_t left = to.columns - std::min(to.columns, to_place + 2);
        left >= narrowest_remark && !row.remark.empty())
      line += std::string(widths.place - width_of(row.place) + 2, ' ') +
              painted(to, paint::dim, fitted(row.remark, left));
    lines.push_back(line);
  }
  return lines;
}

/// Reasons of the cells with this status, most frequent first: "5× on one core it is event_loop".
std::string reasons_text(const results& value, cell_status status) {
  std::map<std::string, std::size_t> counts;
  for (const cell_result& cell : value.cells)
    if (cell.status == status) ++counts[cell.reason];
  std::vector<std::pair<std::string, std::size_t>> order(counts.begin(), counts.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (const auto& [reason, count] : order)
    text += fmt::format("{}{}× {}", text.empty() ? "" : "; ", count, reason);
  return text;
}

/// Appends the text, wrapped; what does not fit into `limit` lines is cut.
void append_wrapped(text_lines& lines, const std::string& text, const terminal& to,
                    std::size_t limit) {
  std::istringstream all(wrapped(one_line(text), 0, to.columns));
  for (std::string line; limit > 0 && std::getline(all, line); --limit)
    lines.push_back(limit == 1 && all.peek() != EOF ? fitted(line + " …", to.columns) : line);
}

text_lines problem_lines(const results& value, const terminal& to) {
  text_lines lines;
  const auto add = [&](paint with, const char* name, const std::string& text) {
    if (text.empty()) return;
    text_lines added;
    append_wrapped(added, name + text, to, 2);
    for (const std::string& line : added) lines.push_back(painted(to, with, line));
  };
  add(paint::red, "failed: ", reasons_text(value, cell_status::failed));
  add(paint::dim, "skipped: ", reasons_text(value, cell_status::skipped));
  add(paint::dim, "findings: ", findings_text(value));
  for (const std::string& sentence : host_sentences(value)) add(paint::yellow, "", sentence);
  if (value.status == results_status::interrupted)
    add(paint::yellow, "", "The run was interrupted: the remaining cells are missing.");
  return lines;
}

/// Sentences of the suite, wrapped.
text_lines sentence_lines(const outcome_input& from, const terminal& to) {
  text_lines lines;
  if (const std::string machines = machines_sentence(from.answers.contests); !machines.empty())
    append_wrapped(lines, machines, to, 2);
  for (const std::string& sentence : suite_outcomes_of(from))
    append_wrapped(lines, sentence, to, max_lines);
  return lines;
}

/// Lines of as many questions as fit into `room` lines. Every workload keeps a line while there is
/// room.
text_lines answer_lines(const std::vector<question>& rows, const answer_set& all,
                        const terminal& to, std::size_t room) {
  for (std::size_t limit = std::min(room, rows.size());; --limit) {
    text_lines lines = lines_of(first_of(rows, limit), all, to);
    if (limit < rows.size())
      lines.push_back(fitted(fmt::format("  … and {}; the report has them all",
                                         counted(rows.size() - limit, "more answer")),
                             to.columns));
    if (limit == 0 || lines.size() <= room) return lines;
  }
}

}  // namespace

std::string summary(const results& run, const terminal& to) {
  const std::optional<results> split = split_by_machine_type(run);
  const results& value = split ? *split : run;
  const std::vector<panel> panels = panels_of(value);
  const answer_set all = answers_of(value, panels);
  const text_lines sentences = sentence_lines({value, panels, all}, to);
  const text_lines problems = problem_lines(value, to);
  const std::string decided = decided_text(all);
  text_lines lines{painted(to, paint::bold, "Summary") +
                   fitted(decided.empty() ? "" : " (" + decided + ")", to.columns - 7)};
  // A suite is answered by its sentences, other runs by their contests.
  const std::size_t room = max_lines - 1 - problems.size();
  const std::size_t for_sentences = std::min(sentences.size(), room / 2);
  text_lines answers = answer_lines(questions_of(value, all), all, to, room - for_sentences);
  lines.insert(lines.end(), answers.begin(), answers.end());
  lines.insert(lines.end(), sentences.begin(),
               sentences.begin() + static_cast<std::ptrdiff_t>(for_sentences));
  if (for_sentences < sentences.size())
    lines.back() = fitted("… and " + counted(sentences.size() - for_sentences + 1, "more line") +
                              "; the report has them all",
                          to.columns);
  lines.insert(lines.end(), problems.begin(), problems.end());
  return fmt::format("{}\n", fmt::join(lines, "\n"));
}

}  // namespace crossover
