#include "reports/families.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>

#include "reports/counters.hpp"
#include "reports/escape.hpp"
#include "reports/units.hpp"

namespace crossover {
namespace {

/// Rows that fit on a screen of 900 pixels.
constexpr std::size_t first_families = 12;
constexpr std::size_t shown_counters = 2;
constexpr std::size_t family_text_length = 160;

struct value_range {
  double lowest = INFINITY;
  double highest = -INFINITY;
  void add(double value) {
    lowest = std::min(lowest, value);
    highest = std::max(highest, value);
  }
  bool is_empty() const { return lowest > highest; }
};

/// "461 ns to 591 µs", or one text if both ends read the same.
template <typename Format>
std::string range_text(const value_range& range, const Format& format) {
  const std::string lowest = format(range.lowest), highest = format(range.highest);
  return lowest == highest ? lowest : lowest + " to " + highest;
}

std::string seconds_text(double seconds) { return figure_text(seconds, "s"); }

std::optional<double> number_of(const std::string& text) {
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "argument 1: 64 to 32768, threads: 1 to 4".
std::string arguments_text(const results& now, const panel& p) {
  std::map<std::string, std::set<std::string>> values;
  for (const std::size_t i : p.cells)
    for (const auto& [key, text] : now.cells[i].parameters) values[key].insert(text);
  std::string out;
  for (const auto& [key, texts] : values) {
    value_range range;
    for (const std::string& text : texts)
      if (const auto value = number_of(text)) range.add(*value);
    const bool is_numeric = std::all_of(texts.begin(), texts.end(), [](const std::string& text) {
      return number_of(text).has_value();
    });
    if (!out.empty()) out += ", ";
    out += key + ": ";
    if (is_numeric)
      out += range_text(range, [](double value) { return fmt::format("{}", value); });
    else
      out += texts.size() == 1 ? *texts.begin() : counted(texts.size(), "value");
  }
  return out;
}

/// " ± 14 %": half of the widest 95 % interval of the family.
std::string scatter_text(const results& now, const panel& p) {
  double widest = 0;
  for (const std::size_t i : p.cells)
    if (const auto time = interval_of(now.cells[i], "time");
        time && time->lower && time->upper && time->mean > 0)
      widest = std::max(widest, (*time->upper - *time->lower) / 2 / time->mean);
  return widest > 0 ? fmt::format(" ± {:.2g} %", 100 * widest) : "";
}

/// Escaped text that breaks nowhere.
std::string unbroken_html(const std::string& text) {
  std::string out;
  for (const char c : html_text(text)) out += c == ' ' ? std::string("&nbsp;") : std::string(1, c);
  return out;
}

/// "items 24 M/s to 343 M/s", which may break only between counters.
std::string counters_html(const results& now, const panel& p) {
  std::map<std::string, value_range> ranges;
  for (const std::size_t i : p.cells)
    for (const std::string& name : counter_names(now.cells[i]))
      if (const auto mean = mean_interval(counter_values(now.cells[i], name)))
        ranges[name].add(mean->mean);
  std::string out;
  std::size_t shown = 0;
  for (const auto& [name, range] : ranges) {
    if (shown++ == shown_counters) break;
    constexpr std::string_view rate = "_per_second";
    const std::string label =
        name.ends_with(rate) ? name.substr(0, name.size() - rate.size()) : name;
    const std::string_view unit = counter_unit(name);
    out += (out.empty() ? "" : ", ") +
           unbroken_html(clipped(label, 30) + " " + range_text(range, [unit](double value) {
                           return figure_text(value, unit);
                         }));
  }
  if (ranges.size() > shown_counters)
    out += ", " + unbroken_html(counted(ranges.size() - shown_counters, "more counter"));
  return out;
}

value_range range_of(const results& now, const panel& p, std::string_view metric) {
  value_range range;
  for (const std::size_t i : p.cells)
    if (const auto figure = interval_of(now.cells[i], metric)) range.add(figure->mean);
  return range;
}

std::string family_row(const results& now, const panel& p, std::size_t index) {
  const value_range time = range_of(now, p, "time"), cpu = range_of(now, p, "cpu");
  const std::string times =
      time.is_empty() ? "failed" : range_text(time, seconds_text) + scatter_text(now, p);
  return fmt::format(
      "<tr data-panel=\"{}\"><th scope=\"row\"><b><bdi>{}</bdi></b> <span><bdi>{}</bdi></span></th>"
      "<td class=\"answer\"><strong>{}</strong> <span><bdi>{}</bdi></span></td><td "
      "class=\"forest\"></td><td class=\"cost\">{}</td></tr>\n",
      index, html_text(clipped(p.label, family_text_length)),
      html_text(clipped(arguments_text(now, p), family_text_length)), unbroken_html(times),
      counters_html(now, p), cpu.is_empty() ? "" : range_text(cpu, seconds_text));
}

}  // namespace

std::string families_lede(const results& now, const std::vector<panel>& panels) {
  std::size_t most = 0, fewest = SIZE_MAX;
  for (const cell_result& cell : now.cells) {
    if (cell.status != cell_status::ok) continue;
    most = std::max(most, cell.samples.size());
    fewest = std::min(fewest, cell.samples.size());
  }
  if (most == 0) return "No benchmark has a time.";
  std::string out =
      fmt::format("{} in {}, ", counted(now.cells.size(), "benchmark"),
                  panels.size() == 1 ? "1 family" : fmt::format("{} families", panels.size()));
  out += fewest == most ? counted(most, "repetition")
                        : fmt::format("{} to {}", fewest, counted(most, "repetition"));
  out += most == 1 && fewest == 1 ? "." : " each.";
  if (fewest < 3) out += " Intervals need at least 3: run it with --benchmark_repetitions=5.";
  return out;
}

std::string families_html(const results& now, const std::vector<panel>& panels) {
  std::string out =
      "<table class=\"questions families\"><thead><tr><th scope=\"col\">family</th><th "
      "scope=\"col\">time per iteration</th><th scope=\"col\" class=\"scale\"><span>time on one "
      "scale</span><div></div></th><th scope=\"col\" class=\"cost\">CPU time</th></tr></thead>"
      "<tbody>\n";
  for (std::size_t i = 0; i < std::min(first_families, panels.size()); ++i)
    out += family_row(now, panels[i], i);
  out += "</tbody></table>";
  if (panels.size() > first_families)
    out += fmt::format("<p class=\"others\"><a href=\"#families\">{} more families below</a></p>",
                       panels.size() - first_families);
  return out;
}

}  // namespace crossover
