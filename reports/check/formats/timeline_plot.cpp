#include "reports/check/formats/timeline_plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/check/comparison.hpp"
#include "reports/escape.hpp"

namespace crossover {
namespace {

constexpr std::size_t max_cells = 200;
constexpr double width = 640, height = 72, margin = 8;
/// Minimum height of a plot, as a log ratio: quieter series are drawn flat instead of enlarging
/// their noise.
constexpr double min_reach = 0.02;

std::string plot(const timeline& line) {
  double low = INFINITY, high = -INFINITY;
  for (const timeline_run& run : line.runs) {
    low = std::min(low, std::log(run.value));
    high = std::max(high, std::log(run.value));
  }
  const double middle = (low + high) / 2, reach = std::max(min_reach, high - low) / 2;
  const double steps = std::max<double>(1, static_cast<double>(line.runs.size()) - 1);
  const auto x = [&](double run) { return margin + (width - 2 * margin) * run / steps; };
  const auto y = [&](double value) {
    return height / 2 - (height / 2 - margin) * (std::log(value) - middle) / reach;
  };
  std::string out = fmt::format(
      "<svg viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" height=\"{1:.0f}\" role=\"img\" "
      "aria-label=\"{2} runs, {3} marked changes\">",
      width, height, line.runs.size(), line.changes.size());
  for (const change_point& change : line.changes) {
    const double at = x(static_cast<double>(change.index) - 0.5);
    out +=
        fmt::format("<line class=\"limit {}\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"0\" y2=\"{:.0f}\"/>",
                    change.shift > 0 ? "regression" : "improved", at, at, height);
  }
  std::string points;
  for (std::size_t i = 0; i < line.runs.size(); ++i)
    points += fmt::format("{:.1f},{:.1f} ", x(static_cast<double>(i)), y(line.runs[i].value));
  out += fmt::format("<polyline class=\"run\" points=\"{}\"/>", points);
  for (std::size_t i = 0; i < line.runs.size(); ++i) {
    const timeline_run& run = line.runs[i];
    out += fmt::format(
        "<circle class=\"point\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"><title>{} {}: "
        "{:.6g}</title></circle>",
        x(static_cast<double>(i)), y(run.value), i + 1 == line.runs.size() ? 4 : 2.5,
        xml_text(run.commit), xml_text(run.date), run.value);
  }
  return out + "</svg>";
}

std::string changes_text(const timeline& line) {
  std::string text;
  for (const change_point& change : line.changes)
    text +=
        fmt::format("{}<span class=\"{}\">{}</span> from {} on", text.empty() ? "changed: " : "; ",
                    change.shift > 0 ? "regression" : "improved", as_change(std::exp(change.shift)),
                    xml_text(line.runs[change.index].commit));
  return text;
}

}  // namespace

std::string timeline_section(std::span<const timeline> lines, const std::string& metric_label) {
  std::vector<const timeline*> drawn;
  for (const timeline& line : lines)
    if (!line.runs.empty() && (lines.size() <= max_cells || !line.changes.empty()) &&
        drawn.size() < max_cells)
      drawn.push_back(&line);
  if (lines.empty()) return {};
  std::string out = fmt::format(
      "<section><h2>History</h2><p class=\"faint\">{} over the runs, oldest left, each plot on its "
      "own logarithmic scale; the last point is this "
      "run. Dashed: marked changes of level, with a false discovery rate of 5 % over all cells. "
      "Advisory: a lasting change of the machine looks like a change of the program.</p>\n",
      xml_text(metric_label));
  if (drawn.size() < lines.size())
    out += fmt::format("<p>{} of {} cells: only those with a marked change, at most {}.</p>\n",
                       drawn.size(), lines.size(), max_cells);
  for (const timeline* line : drawn) {
    const std::string text = changes_text(*line);
    out +=
        fmt::format("<figure><figcaption>{}{}</figcaption><div class=\"wide\">{}</div></figure>\n",
                    xml_text(line->cell), text.empty() ? "" : "<br/>" + text, plot(*line));
  }
  return out + "</section>\n";
}

}  // namespace crossover
