#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "reports/check/formats/check_page_data.hpp"
#include "reports/check/formats/formats.hpp"
#include "reports/compressed.hpp"
#include "reports/escape.hpp"
#include "reports/html.hpp"
#include "reports/page_parts.hpp"

namespace crossover {
namespace {

/// Limits that keep the page below 2 MB.
constexpr std::size_t html_max_rows = 1'000, html_max_listed = 200;
constexpr std::size_t html_name_length = 160, html_remark_length = 400;

/// A cell's name that may break after each slash.
std::string name_html(const std::string& name) {
  std::string out;
  for (const char c : xml_text(one_line(name, html_name_length))) {
    out += c;
    if (c == '/') out += "<wbr/>";
  }
  return out;
}

std::string remarks_of(const cell_comparison& cell, double false_alarms) {
  std::string out;
  const auto add = [&out](const std::string& remark) {
    if (!remark.empty())
      out += fmt::format("<small>{}</small>", xml_text(one_line(remark, html_remark_length)));
  };
  if (cell.outcome == verdict::regression) add("worse: " + worse_text(cell, false_alarms));
  add(cell.remedy);
  for (const std::string& note : cell.notes) add(note);
  return out;
}

std::string cell_row(const cell_comparison& cell, double false_alarms) {
  const auto p = cell.adjusted_p ? cell.adjusted_p : cell.p;
  return fmt::format(
      "<tr><th scope=\"row\" dir=\"auto\">{}{}</th><td class=\"{}\">{}</td><td class=\"number\">{}"
      "</td><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td></tr>\n",
      name_html(cell.name), remarks_of(cell, false_alarms), verdict_word(cell), verdict_word(cell),
      as_change(cell.ratio),
      cell.lower && cell.upper ? as_change(cell.lower) + " to " + as_change(cell.upper) : "none",
      p ? fmt::format("{:.4f}", *p) : "n/a", cell.blocks);
}

std::string cell_table(const check_result& result) {
  if (result.cells.empty()) return {};
  std::string out = fmt::format(
      "<section id=\"cells\" aria-labelledby=\"cells-title\"><h2 id=\"cells-title\">Cells</h2><div "
      "class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of cells\"><table "
      "class=\"cells keyed verdicts\"><thead><tr><th scope=\"col\">cell</th><th "
      "scope=\"col\">verdict</th>"
      "<th scope=\"col\" class=\"number\">change</th><th scope=\"col\">{:.4g} % interval</th><th "
      "scope=\"col\" class=\"number\">p</th><th scope=\"col\" "
      "class=\"number\">blocks</th></tr></thead><tbody>\n",
      100 * (1 - 2 * result.plan.bound_level));
  const std::vector<const cell_comparison*> cells = by_urgency(result);
  for (std::size_t i = 0; i < std::min(html_max_rows, cells.size()); ++i)
    out += cell_row(*cells[i], result.plan.rates.false_alarms);
  out += "</tbody></table></div>";
  if (cells.size() > html_max_rows)
    out += fmt::format(
        "<p class=\"note\">The {} most urgent of {} cells. <code>--format json</code> has all.</p>",
        html_max_rows, cells.size());
  return out + "</section>\n";
}

std::string list_section(std::string_view title, const std::vector<std::string>& lines) {
  if (lines.empty()) return {};
  std::string out = fmt::format("<section><h2>{}</h2><ul>", title);
  for (std::size_t i = 0; i < std::min(html_max_listed, lines.size()); ++i)
    out +=
        fmt::format("<li dir=\"auto\">{}</li>", xml_text(one_line(lines[i], html_remark_length)));
  if (lines.size() > html_max_listed)
    out += fmt::format("<li>{} more</li>", lines.size() - html_max_listed);
  return out + "</ul></section>\n";
}

std::string unmatched_section(std::string_view title, const std::vector<unmatched_cell>& cells) {
  std::vector<std::string> lines;
  for (const unmatched_cell& cell : cells)
    lines.push_back(one_line(cell.name, html_name_length) +
                    (cell.reason.empty() ? "" : ": " + cell.reason));
  return list_section(title, lines);
}

std::string environment_section(const check_result& result) {
  std::vector<std::string> lines;
  for (const environment_difference& d : result.environment)
    lines.push_back(fmt::format("{}: {} → {}", d.key, d.old_value, d.new_value));
  return list_section(
      result.environment_allowed ? "Environments differ (allowed)" : "Environments differ", lines);
}

std::string plan_text(const check_result& result) {
  return fmt::format("Tolerate {}, detect {}, false alarms {} per suite, power {}, seed {}; {}{}.",
                     as_percent(result.plan.rates.tolerate), as_percent(result.plan.rates.detect),
                     as_percent(result.plan.rates.false_alarms),
                     as_percent(result.plan.rates.power), result.plan.seed,
                     xml_text(result.plan.order),
                     result.plan.wall_s ? fmt::format("; {:.1f} s", *result.plan.wall_s) : "");
}

std::string notes_of(const check_result& result) {
  std::string out;
  for (const std::string& note : result.notes)
    out += fmt::format("<p class=\"note\">{}</p>\n", xml_text(one_line(note, html_remark_length)));
  return out;
}

std::string html_controls(const check_result& result) {
  std::string out;
  for (const control_comparison& control : result.controls)
    out += fmt::format(
        "<p class=\"note\">Control: {}</p>\n",
        xml_text(one_line(control_text(control), html_name_length + html_remark_length)));
  return out;
}

}  // namespace

std::string as_html(const check_result& result) {
  embedded_json data = embed_json(
      check_page_data(result).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  return fill(check_shell,
              {{"policy", content_policy(check_script)},
               {"style", std::string(page_style)},
               {"script", compressed_base64(check_script)},
               {"loader", std::string(page_loader)},
               {"outcome", std::string(to_string(verdict_of(result)))},
               {"headline", xml_text(headline(result))},
               {"metric", xml_text(result.metric_label)},
               {"candidate", xml_text(one_line(result.candidate_name, html_name_length))},
               {"baseline", xml_text(one_line(result.baseline_name, html_name_length))},
               {"cells", cell_table(result)},
               {"lists", unmatched_section("Newly failing", result.newly_failing) +
                             unmatched_section("Removed", result.removed) +
                             unmatched_section("Fail on both sides", result.failing) +
                             unmatched_section("New, no baseline", result.added) +
                             unmatched_section("Skipped on both sides", result.skipped) +
                             environment_section(result)},
               {"notes", notes_of(result) + html_controls(result)},
               {"plan", plan_text(result)},
               {"packed", std::move(data.attribute)},
               {"data", std::move(data.text)}});
}

}  // namespace crossover
