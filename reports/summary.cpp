#include "reports/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "reports/escape.hpp"
#include "reports/outcomes.hpp"
#include "reports/panels.hpp"
#include "reports/units.hpp"

namespace crossover {
namespace {

constexpr std::size_t columns = 100;

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) width += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return width;
}

/// Wraps text to the terminal's width, every line with the same indent. Breaks at spaces, and
/// inside words that are longer than a line.
std::string wrapped(std::string_view text, std::size_t indent) {
  std::string out(indent, ' ');
  std::size_t at = indent;
  bool first = true;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t to = std::min(text.find(' ', from), text.size());
    std::string_view word = text.substr(from, to - from);
    while (width_of(word) > columns - indent) {
      const std::size_t fits =
          clipped(word, columns - indent).size() - std::string_view("…").size();
      out += (first ? "" : "\n" + std::string(indent, ' ')) + std::string(word.substr(0, fits));
      word.remove_prefix(fits);
      at = columns;
      first = false;
    }
    const std::size_t width = width_of(word);
    if (!first && at + 1 + width > columns) {
      out += "\n" + std::string(indent, ' ');
      at = indent;
    } else if (!first) {
      out += ' ';
      ++at;
    }
    out += word;
    at += width;
    first = false;
    from = to + 1;
  }
  return out + "\n";
}

/// Texts with their counts, the most frequent first.
std::vector<std::pair<std::string, std::size_t>> counted_texts(
    const std::map<std::string, std::size_t>& counts) {
  std::vector<std::pair<std::string, std::size_t>> order(counts.begin(), counts.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return order;
}

std::string problems_text(const results& value) {
  constexpr std::size_t max_rows = 8;
  std::map<std::string, std::size_t> findings;
  std::map<std::string, std::size_t> skipped;
  std::map<std::string, std::size_t> failed;
  for (const cell_result& cell : value.cells) {
    std::set<std::string> codes;
    for (const finding& f : cell.findings) codes.insert(f.code);
    for (const std::string& code : codes) ++findings[code];
    if (cell.status == cell_status::skipped) ++skipped[cell.reason];
    if (cell.status == cell_status::failed) ++failed[cell.reason];
  }
  std::string text;
  const auto list = [&](std::string_view title, const std::map<std::string, std::size_t>& counts) {
    if (counts.empty()) return;
    text += fmt::format("{}\n", title);
    const auto order = counted_texts(counts);
    for (std::size_t i = 0; i < std::min(max_rows, order.size()); ++i)
      text += wrapped(
          fmt::format("{}× {}", order[i].second, clipped(one_line(order[i].first), 180)), 2);
    if (order.size() > max_rows)
      text += fmt::format("  … and {} more; the report lists them all\n", order.size() - max_rows);
  };
  list("Findings", findings);
  list("Skipped", skipped);
  list("Failed", failed);
  return text;
}

}  // namespace

std::string summary(const results& value, bool color) {
  const auto bold = [color](const std::string& text) {
    return color ? "\x1b[1m" + text + "\x1b[0m" : text;
  };
  const std::vector<panel> panels = panels_of(value);
  const std::vector<answer> answers = answers_of(value, panels);
  std::string text;
  for (const answer& a : answers) {
    text += bold(clipped(one_line(panels[a.panel].label), columns - 4)) + "\n";
    text += wrapped(one_line(a.sentence), 2);
    for (const std::string& detail : a.details) text += wrapped(one_line(detail), 2);
    for (const std::string& caveat : a.caveats) text += wrapped("! " + one_line(caveat), 2);
  }
  if (!text.empty()) text += '\n';
  text += problems_text(value);
  for (const std::string& sentence : outcomes_of({value, panels, answers}))
    text += wrapped(one_line(sentence), 0);
  return text;
}

}  // namespace crossover
