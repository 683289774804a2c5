#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "reports/check/formats/formats.hpp"
#include "reports/check/formats/timeline_plot.hpp"
#include "reports/escape.hpp"

namespace crossover {
namespace {

constexpr std::string_view style =
    ":root{color-scheme:light "
    "dark;--ink:light-dark(#1b1f24,#e6e9ed);--faint:light-dark(#59636e,#9aa4af);--line:light-dark(#"
    "d0d7de,#3b434c);"
    "--bad:light-dark(#b42318,#ff8a7a);--good:light-dark(#116e41,#5fd39a);--unsure:light-dark(#"
    "7a5600,#e5b94c);--paper:light-dark(#fff,#14181d)}"
    "body{font:15px/1.5 "
    "system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:72rem;margin:2rem "
    "auto;padding:0 1rem}"
    "h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}p.faint,td.faint,footer{color:var(--"
    "faint)}"
    ".wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}th,td{"
    "text-align:left;padding:.25rem .75rem .25rem 0;"
    "border-bottom:1px solid "
    "var(--line);vertical-align:top}td{white-space:nowrap}td.name{overflow-wrap:anywhere;white-"
    "space:normal}.regression{color:var(--bad)}"
    ".inconclusive{color:var(--unsure)}.improved{color:var(--good)}svg text{font:13px "
    "system-ui,sans-serif;fill:var(--ink)}"
    "svg .faint{fill:var(--faint)}svg .rule{stroke:var(--line)}svg "
    ".limit{stroke:var(--faint);stroke-dasharray:4 3}"
    "svg .whisker{stroke:currentColor;stroke-width:2}svg .point{fill:currentColor}svg "
    ".run{fill:none;stroke:var(--faint)}"
    "svg .limit.regression,svg .limit.improved{stroke:currentColor}figure{margin:1rem "
    "0}figcaption{overflow-wrap:anywhere}";

std::string hash_of_style() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(style.data(), style.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::array<unsigned char, 2 * EVP_MAX_MD_SIZE> text{};
  EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
  return "sha256-" + std::string(reinterpret_cast<const char*>(text.data()));
}

double log_of(const std::optional<double>& ratio, double fallback) {
  return ratio && *ratio > 0 && std::isfinite(*ratio) ? std::log(*ratio) : fallback;
}

/// Position of a log ratio in the plot; values outside are drawn at the edge.
class axis {
 public:
  static constexpr double left = 330, right = 960;

  explicit axis(const check_result& result) {
    double widest = std::log1p(result.plan.rates.detect) * 1.3;
    for (const cell_comparison& cell : result.cells)
      for (const auto& ratio : {cell.ratio, cell.lower, cell.upper})
        widest = std::max(widest, std::abs(log_of(ratio, 0)));
    reach_ = std::min(widest * 1.05, std::log(4.0));
  }
  double at(double log_ratio) const {
    return left + (right - left) * (std::clamp(log_ratio / reach_, -1.0, 1.0) + 1) / 2;
  }
  double reach() const { return reach_; }

 private:
  double reach_;
};

std::string plot(const check_result& result) {
  const axis x(result);
  const double row = 24, top = 30, height = top + row * static_cast<double>(result.cells.size());
  const auto rule = [&](double log_ratio, const char* kind, const std::string& label) {
    return fmt::format(
        "<line class=\"{}\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{}\" y2=\"{:.0f}\"/><text "
        "class=\"faint\" x=\"{:.1f}\" y=\"14\" "
        "text-anchor=\"middle\">{}</text>",
        kind, x.at(log_ratio), x.at(log_ratio), top - 8, height, x.at(log_ratio), label);
  };
  std::string out = fmt::format(
      "<div class=\"wide\"><svg viewBox=\"0 0 1000 {:.0f}\" width=\"1000\" height=\"{:.0f}\" "
      "role=\"img\" aria-label=\"Forest plot: each cell's "
      "change and its interval; the table below has the figures\">",
      height + 10, height + 10);
  out += rule(0, "rule", "0") + rule(std::log1p(result.plan.rates.detect), "limit",
                                     xml_text("+" + as_percent(result.plan.rates.detect)));
  out += fmt::format(
      "<text class=\"faint\" x=\"{}\" y=\"14\">better</text><text class=\"faint\" x=\"{}\" "
      "y=\"14\" text-anchor=\"end\">worse</text>",
      axis::left, axis::right);
  double y = top + row / 2;
  for (const cell_comparison* cell : by_urgency(result)) {
    out += fmt::format("<g class=\"{}\"><title>{}: {}</title><text x=\"0\" y=\"{:.0f}\">{}</text>",
                       verdict_word(*cell), xml_text(cell->name), as_change(cell->ratio), y + 4,
                       xml_text(one_line(cell->name, 46)));
    if (cell->ratio) {
      out += fmt::format(
          "<line class=\"whisker\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.0f}\" "
          "y2=\"{:.0f}\"/><circle class=\"point\" cx=\"{:.1f}\" cy=\"{:.0f}\" "
          "r=\"4\"/>",
          x.at(log_of(cell->lower, -x.reach())), x.at(log_of(cell->upper, x.reach())), y, y,
          x.at(log_of(cell->ratio, 0)), y);
    } else {
      out += fmt::format(
          "<text class=\"faint\" x=\"{:.1f}\" y=\"{:.0f}\" text-anchor=\"middle\">no value</text>",
          x.at(0), y + 4);
    }
    out += "</g>";
    y += row;
  }
  return out + "</svg></div>\n";
}

std::string table(const check_result& result) {
  std::string out = fmt::format(
      "<div class=\"wide\"><table><thead><tr><th scope=\"col\">verdict</th><th "
      "scope=\"col\">change</th><th scope=\"col\">{:.4g} % interval</th>"
      "<th scope=\"col\">p</th><th scope=\"col\">blocks</th><th "
      "scope=\"col\">cell</th></tr></thead><tbody>\n",
      100 * (1 - 2 * result.plan.bound_level));
  for (const cell_comparison* cell : by_urgency(result)) {
    const auto p = cell->adjusted_p ? cell->adjusted_p : cell->p;
    std::string remarks;
    if (!cell->remedy.empty()) remarks += "<br/>" + xml_text(cell->remedy);
    for (const std::string& note : cell->notes) remarks += "<br/>" + xml_text(note);
    out += fmt::format(
        "<tr><td class=\"{0}\">{0}</td><td>{1}</td><td>{2}</td><td>{3}</td><td>{4}</td><td "
        "class=\"name\">{5}{6}</td></tr>\n",
        verdict_word(*cell), as_change(cell->ratio),
        cell->lower && cell->upper ? as_change(cell->lower) + " to " + as_change(cell->upper)
                                   : "none",
        p ? fmt::format("{:.4f}", *p) : "n/a", cell->blocks, xml_text(cell->name), remarks);
  }
  return out + "</tbody></table></div>\n";
}

std::string html_list(const char* title, const std::vector<unmatched_cell>& cells) {
  if (cells.empty()) return {};
  std::string out = fmt::format("<h2>{}</h2><ul>", title);
  for (const unmatched_cell& cell : cells)
    out += fmt::format("<li>{}{}</li>", xml_text(cell.name),
                       cell.reason.empty() ? "" : ": " + xml_text(cell.reason));
  return out + "</ul>\n";
}

}  // namespace

std::string as_html(const check_result& result) {
  const verdict outcome = verdict_of(result);
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta "
      "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src '{}'\"/>"
      "<meta name=\"viewport\" "
      "content=\"width=device-width\"/><title>{}</title><style>{}</style></head><body><main>\n",
      hash_of_style(), xml_text(headline(result)), style);
  out += fmt::format("<h1 class=\"{}\">{}</h1>\n<p>{} of {} against {}. Right of 0 is worse.</p>\n",
                     to_string(outcome), xml_text(headline(result)), xml_text(result.metric_label),
                     xml_text(result.candidate_name), xml_text(result.baseline_name));
  if (!result.cells.empty()) out += plot(result) + table(result);
  out += html_list("Newly failing", result.newly_failing) + html_list("Removed", result.removed) +
         html_list("Fail on both sides", result.failing) +
         html_list("New, no baseline", result.added) +
         html_list("Skipped on both sides", result.skipped);
  if (!result.environment.empty()) {
    out += result.environment_allowed ? "<h2>Environments differ (allowed)</h2><ul>"
                                      : "<h2>Environments differ</h2><ul>";
    for (const environment_difference& d : result.environment)
      out += fmt::format("<li>{}: {} → {}</li>", xml_text(d.key), xml_text(d.old_value),
                         xml_text(d.new_value));
    out += "</ul>\n";
  }
  out += timeline_section(result.timelines, result.metric_label);
  for (const std::string& note : result.notes)
    out += fmt::format("<p class=\"faint\">{}</p>\n", xml_text(note));
  out += fmt::format(
      "</main><footer><p>Tolerate {}, detect {}, false alarms {} per suite, power {}, seed {}; "
      "{}{}.</p></footer></body></html>\n",
      as_percent(result.plan.rates.tolerate), as_percent(result.plan.rates.detect),
      as_percent(result.plan.rates.false_alarms), as_percent(result.plan.rates.power),
      result.plan.seed, xml_text(result.plan.order),
      result.plan.wall_s ? fmt::format("; {:.1f} s", *result.plan.wall_s) : "");
  return out;
}

}  // namespace crossover
