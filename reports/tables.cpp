#include "reports/tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "bench/results/metrics.hpp"
#include "reports/answer_text.hpp"
#include "reports/changes.hpp"
#include "reports/environment_differences.hpp"
#include "reports/escape.hpp"
#include "reports/headline_metrics.hpp"
#include "reports/machine_types.hpp"
#include "reports/outcomes.hpp"
#include "reports/page_data.hpp"
#include "reports/panels.hpp"
#include "reports/units.hpp"

namespace crossover {
namespace {

/// Maximum length of a name or reason, in characters.
constexpr std::size_t text_limit = 200;

/// Three fields: mean and bounds; empty if absent.
std::string csv_figure(const std::optional<interval>& of) {
  if (!of) return ",,,";
  return fmt::format(",{},{},{}", of->mean, of->lower ? fmt::format("{}", *of->lower) : "",
                     of->upper ? fmt::format("{}", *of->upper) : "");
}

std::string figure_or_dash(const cell_result& cell, std::string_view id) {
  const auto figure = interval_of(cell, id);
  return figure ? figure_text(figure->mean, find_metric(id)->unit) : "–";
}

std::string codes_of(const cell_result& cell) {
  std::string text;
  std::set<std::string> seen;
  for (const finding& f : cell.findings)
    if (seen.insert(f.code).second) text += (text.empty() ? "" : ", ") + f.code;
  return text;
}

template <typename T>
std::string count_or_dash(const std::optional<T>& count) {
  return count ? fmt::format("{}", *count) : "–";
}

std::string measured_rows(const results& value, const panel& p) {
  std::string rows;
  for (const std::size_t i : p.cells) {
    const cell_result& cell = value.cells[i];
    if (cell.status != cell_status::ok) continue;
    if (value.foreign) {
      const auto time = interval_of(cell, "time");
      rows += fmt::format("| {} | {} | {} | {} | {} |\n", markdown_text(cell.name, text_limit),
                          cell.samples.size(), time ? interval_text(*time, "s") : "–",
                          figure_or_dash(cell, "cpu"), codes_of(cell));
      continue;
    }
    const auto throughput = interval_of(cell, "throughput");
    rows += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
                        markdown_text(cell.model_label(), text_limit), count_or_dash(cell.cores),
                        count_or_dash(cell.in_flight), cell.samples.size(),
                        throughput ? interval_text(*throughput, "1/s") : "–",
                        figure_or_dash(cell, "p50"), figure_or_dash(cell, "p99"),
                        figure_or_dash(cell, "cpu"), markdown_text(codes_of(cell), text_limit));
  }
  return rows;
}

std::string contest_table_rows(const results& value, const std::vector<contest>& contests) {
  if (contests.empty()) return {};
  std::string text =
      "\n### Contests\n\n| question | place | answer | other models | of reference | CPU per "
      "operation | peak memory |\n|---|---|---|---|--:|--:|--:|\n";
  for (const contest& c : contests) {
    const contest_row row = row_of(value, c);
    for (const std::string* field : {&row.question, &row.place, &row.verdict, &row.others,
                                     &row.of_reference, &row.cpu, &row.memory})
      text += fmt::format("| {} ", markdown_text(*field, 400));
    text += "|\n";
  }
  return text;
}

/// Fields of each cell's place in its contest: verdict, class, ratio to the best with bounds.
std::map<std::size_t, std::string> csv_standings(const std::vector<contest>& contests) {
  std::map<std::size_t, std::string> fields;
  const auto number = [](const std::optional<double>& figure) {
    return figure ? fmt::format("{}", *figure) : std::string();
  };
  for (const contest& c : contests)
    for (const contender& model : c.models) {
      const auto ratio = model.to_best;
      fields[model.cell] =
          fmt::format(",{},{},{},{},{}", name_of(c.verdict),
                      model.shown ? name_of(*model.shown) : "", ratio ? number(ratio->ratio) : "",
                      ratio ? number(ratio->lower) : "", ratio ? number(ratio->upper) : "");
    }
  return fields;
}

std::size_t count_of_hosts(const cell_result& cell) {
  std::set<std::uint32_t> hosts;
  for (const sample& s : cell.samples) hosts.insert(s.host.value_or(0));
  return hosts.size();
}

/// The verdict of `crossover check` on both files, and one row per regression or improvement.
std::string changed_rows(const results& value, const results& baseline) {
  std::string text = fmt::format(
      "\n### Changes since the baseline\n\n`crossover check` of the two files: {}. The runs were "
      "measured sequentially; `crossover check` on the two programs lets them take turns.\n",
      check_headline(baseline, value));
  for (const environment_difference& d : environment_differences(baseline, value))
    text += fmt::format(
        "\nThe environments differ in {}: {} before, {} now.\n", markdown_text(d.key, text_limit),
        d.old_value.empty() ? "not recorded" : markdown_text(d.old_value, text_limit),
        d.new_value.empty() ? "not recorded" : markdown_text(d.new_value, text_limit));
  std::string rows;
  std::set<std::size_t> failing;  // listed once, not for every metric
  for (const metric& m : all_metrics()) {
    if (!is_headline(m, value.foreign)) continue;
    for (const change& c : changes_in(m, baseline, value)) {
      if (c.verdict != "regression" && c.verdict != "improved") continue;
      if (!c.because.empty() && !failing.insert(c.now).second) continue;
      const std::string because = c.because.empty() ? "" : ": " + c.because;
      rows += fmt::format("| {} | {} | {}{} | {} | {} | {} |\n",
                          markdown_text(value.cells[c.now].name, text_limit), m.label, c.verdict,
                          because, ratio_text(c.ratio), figure_text(c.before.mean, m.unit),
                          figure_or_dash(value.cells[c.now], m.id));
    }
  }
  if (!rows.empty())
    text +=
        "\n| cell | metric | verdict | ratio (90 % interval) | before | now "
        "|\n|---|---|---|--:|--:|--:|\n" +
        rows;
  return text;
}

}  // namespace

std::string table_markdown(const results& value, const results* baseline) {
  const std::vector<panel> panels = panels_of(value);
  const answer_set all = answers_of(value, panels);
  std::string text = "## Answers\n\n";
  for (const std::string& sentence : lede_of({value, panels, all}))
    text += markdown_text(sentence, 1000) + "\n";
  text += '\n';
  for (const answer& a : all.answers) {
    const answer_text of_panel = text_of(value, panels[a.panel], all, a);
    text += fmt::format("- **{}**: {}", markdown_text(panels[a.panel].label, text_limit),
                        markdown_text(of_panel.sentence, 1000));
    for (const std::string& caveat : of_panel.caveats)
      text += fmt::format(" _{}._", markdown_text(caveat, 400));
    text += '\n';
  }
  text += contest_table_rows(value, all.contests);
  if (baseline != nullptr) text += changed_rows(value, *baseline);
  for (const panel& p : panels) {
    const std::string rows = measured_rows(value, p);
    if (rows.empty()) continue;
    text += fmt::format("\n### {}\n\n", markdown_text(p.label, text_limit));
    text += value.foreign ? "| benchmark | repetitions | time (95 % interval) | CPU | findings "
                            "|\n|---|--:|--:|--:|---|\n"
                          : "| model | cores | in flight | repetitions | throughput (95 % "
                            "interval) | p50 | p99 | CPU per operation "
                            "| findings |\n|---|--:|--:|--:|--:|--:|--:|--:|---|\n";
    text += rows;
  }
  std::string missing;
  for (const cell_result& cell : value.cells)
    if (cell.status != cell_status::ok)
      missing += fmt::format("| {} | {} | {} |\n", markdown_text(cell.name, text_limit),
                             to_string(cell.status), markdown_text(cell.reason, text_limit));
  if (!missing.empty())
    text += "\n### Not measured\n\n| cell | status | reason |\n|---|---|---|\n" + missing;
  if (!value.hosts.empty()) {
    text +=
        "\n### Machines\n\n| machine type | hosts | differences between hosts |\n|---|---|---|\n";
    for (const machine_type& type : machine_types_of(value))
      text += fmt::format(
          "| {} | {}: {} | {} |\n", markdown_text(type.name, text_limit), type.hosts.size(),
          markdown_text(host_names(value, type.hosts), text_limit),
          markdown_text(fmt::format("{}", fmt::join(differences_between_hosts(value, type), "; ")),
                        400));
  } else if (!value.environment.empty()) {
    text += "\n### Environment\n\n| | |\n|---|---|\n";
    for (const auto& [key, setting] : value.environment)
      text += fmt::format("| {} | {} |\n", markdown_text(key, text_limit),
                          markdown_text(setting, text_limit));
  }
  return text;
}

std::string table_csv(const results& value, const results* baseline) {
  std::string text =
      "name,workload,parameters,model,cores,in_flight,status,reason,findings,repetitions,verdict,"
      "class,to_best,to_best_lower,to_best_upper";
  for (const metric& m : all_metrics()) text += fmt::format(",{0},{0}_lower,{0}_upper", m.id);
  std::map<std::pair<std::size_t, std::string_view>, change> changes;
  if (baseline != nullptr)
    for (const metric& m : all_metrics()) {
      text += fmt::format(",{0}_ratio,{0}_ratio_lower,{0}_ratio_upper,{0}_verdict", m.id);
      for (const change& c : changes_in(m, *baseline, value))
        changes.emplace(std::pair(c.now, m.id), c);
    }
  if (!value.hosts.empty()) text += ",machine,hosts";
  text += "\r\n";
  const auto standings = csv_standings(contests_of(value));
  for (std::size_t i = 0; i < value.cells.size(); ++i) {
    const cell_result& cell = value.cells[i];
    std::string parameters;
    for (const auto& [key, setting] : cell.shown_parameters())
      parameters += fmt::format("{}{}={}", parameters.empty() ? "" : " ", key, setting);
    text += fmt::format(
        "{},{},{},{},{},{},{},{},{},{}", csv_field(cell.name), csv_field(cell.workload),
        csv_field(parameters), csv_field(cell.model_label()),
        cell.cores ? fmt::format("{}", *cell.cores) : "",
        cell.in_flight ? fmt::format("{}", *cell.in_flight) : "", to_string(cell.status),
        csv_field(cell.reason), csv_field(codes_of(cell)), cell.samples.size());
    const auto standing = standings.find(i);
    text += standing == standings.end() ? ",,,,," : standing->second;
    for (const metric& m : all_metrics()) text += csv_figure(interval_of(cell, m.id));
    if (baseline != nullptr)
      for (const metric& m : all_metrics()) {
        const auto found = changes.find({i, m.id});
        const bool is_compared = found != changes.end();
        text += csv_figure(is_compared ? std::optional(found->second.ratio) : std::nullopt);
        text += fmt::format(",{}", is_compared ? found->second.verdict : "");
      }
    if (!value.hosts.empty())
      text += fmt::format(",{},{}", csv_field(cell.machine), count_of_hosts(cell));
    text += "\r\n";
  }
  return text;
}

std::string table_json(const results& value, const results* baseline) {
  return page_data(value, baseline, complete_page())
             .dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
         "\n";
}

}  // namespace crossover
