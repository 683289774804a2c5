#include "reports/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "reports/answer_text.hpp"
#include "reports/escape.hpp"
#include "reports/outcomes.hpp"
#include "reports/panels.hpp"
#include "reports/units.hpp"

namespace crossover {
namespace {

constexpr std::size_t columns = 80;
constexpr std::size_t contests_shown = 40;

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) width += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return width;
}

/// Wraps text to the terminal's width and indents every line. Breaks at spaces, and inside a word
/// only if it is longer than a line.
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

/// Cuts to a width on the terminal, ellipsis included.
std::string fitted(const std::string& text, std::size_t width) {
  std::string line = one_line(text);
  return width_of(line) > width ? clipped(line, width - 1) : line;
}

/// Pads to a width on the terminal; `right` aligns to the right.
std::string padded(std::string text, std::size_t width, bool right = false) {
  text = fitted(text, width);
  const std::string space(width - std::min(width, width_of(text)), ' ');
  return right ? space + text : text + space;
}

/// Title at the left and verdict at the right, on two lines if one is too short.
std::string heading(const std::string& title, const std::string& verdict, bool bold) {
  const std::string shown = fitted(title, columns);
  const std::string at_right = fitted(verdict, columns);
  const auto emphasised = [bold](const std::string& text) {
    return bold ? "\x1b[1m" + text + "\x1b[0m" : text;
  };
  const std::size_t width = width_of(shown) + width_of(at_right);
  if (width + 2 <= columns)
    return shown + std::string(columns - width, ' ') + emphasised(at_right) + "\n";
  return shown + "\n" + std::string(columns - width_of(at_right), ' ') + emphasised(at_right) +
         "\n";
}

/// The second column of a model: the throughput of the first or of unranked models, otherwise the
/// ratio to the best.
std::string figure_of(const contest& c, const contender& model) {
  const bool is_first = &model == &c.models.front();
  if (!model.throughput) return "–";
  if (c.why == verdict_reason::ceiling || c.why == verdict_reason::rate)
    return fmt::format("{:.2f}", *model.throughput / *c.ceiling);
  if (is_first || !model.shown || !model.to_best || !model.to_best->upper)
    return figure_text(*model.throughput, "1/s");
  return ratio_range_text(model.to_best);
}

std::string note_of(const contest& c, const contender& model) {
  if (model.has_errors) return "errors";
  if (model.cheapest) return "<- cheapest";
  if (&model == &c.models.front())
    return c.of_reference ? fmt::format("{:.2f} of reference", c.of_reference->ratio) : "";
  if (model.shown == model_class::equivalent) return "equivalent";
  return model.shown == model_class::not_separated && c.why == verdict_reason::scatter
             ? "not separated"
             : "";
}

std::string model_line(const contest& c, const contender& model) {
  const std::string cpu = model.cpu_s ? figure_text(*model.cpu_s, "s") + " CPU" : "";
  const std::string memory =
      model.memory_bytes ? figure_text(*model.memory_bytes, "bytes") : std::string();
  std::string line =
      fmt::format("  {} {} {} {}", padded(model.model, 15), padded(figure_of(c, model), 13),
                  padded(cpu, 12, true), padded(memory, 8, true));
  if (const std::string note = note_of(c, model); !note.empty()) line += "   " + note;
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string contest_table(const results& value, const contest& c, bool bold) {
  std::string verdict = verdict_text(c);
  if (c.blocks_wanted && *c.blocks_wanted > c.blocks)
    verdict += fmt::format(" (+{} blocks)", *c.blocks_wanted - c.blocks);
  std::string text = heading(question_text(c.workload, c.parameters) + " · " + place_text(c, " · "),
                             verdict, bold);
  for (const contender& model : c.models) text += model_line(c, model);
  for (const std::size_t cell : c.failed)
    text += fmt::format("  {} failed\n", padded(value.cells[cell].model, 15));
  return text;
}

/// One line per panel, with the workload's name at the left.
std::string panel_lines(const results& value, const std::vector<panel>& panels,
                        const answer_set& all) {
  constexpr std::size_t max_lines = 30;
  std::size_t widest = 0;
  std::vector<std::pair<std::string, std::string>> lines;
  for (const answer& a : all.answers) {
    const panel& p = panels[a.panel];
    std::string text = a.headline ? line_of(all, a) : text_of(value, p, all, a).sentence;
    const std::string name = value.foreign ? p.label : question_text(p.workload, p.parameters);
    lines.emplace_back(fitted(name, 28), std::move(text));
    widest = std::max(widest, width_of(lines.back().first));
  }
  std::string text;
  for (std::size_t i = 0; i < std::min(max_lines, lines.size()); ++i) {
    const std::string body = wrapped(one_line(lines[i].second), widest + 4);
    text += "  " + padded(lines[i].first, widest) + body.substr(widest + 2);
  }
  if (lines.size() > max_lines)
    text += fmt::format("  … and {} more; the report has them all\n", lines.size() - max_lines);
  return text;
}

/// Texts with their counts, in descending order of the counts.
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
  const std::vector<panel> panels = panels_of(value);
  const answer_set all = answers_of(value, panels);
  std::string text;
  for (std::size_t i = 0; i < std::min(contests_shown, all.contests.size()); ++i)
    text += contest_table(value, all.contests[i], color);
  if (all.contests.size() > contests_shown)
    text += fmt::format("… and {} more contests; the report has them all\n",
                        all.contests.size() - contests_shown);
  if (!text.empty()) text += '\n';
  text += problems_text(value);
  const std::string decided = decided_text(all);
  text += decided.empty() ? "Summary\n" : fmt::format("Summary ({})\n", decided);
  text += panel_lines(value, panels, all);
  for (const std::string& sentence : outcomes_of({value, panels, all}))
    text += wrapped(one_line(sentence), 0);
  return text;
}

}  // namespace crossover
