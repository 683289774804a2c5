#include "reports/page_data.hpp"

#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "bench/results/metrics.hpp"
#include "reports/answer_json.hpp"
#include "reports/cell_json.hpp"
#include "reports/changes.hpp"
#include "reports/contest_text.hpp"
#include "reports/counters.hpp"
#include "reports/figure_json.hpp"
#include "reports/headline_metrics.hpp"
#include "reports/machine_types.hpp"
#include "reports/percentiles.hpp"
#include "reports/scaling.hpp"
#include "reports/units.hpp"

namespace crossover {
namespace {

using nlohmann::ordered_json;

/// The metrics, followed by the counters of a foreign file.
ordered_json metrics_json(const std::vector<std::string>& counters) {
  ordered_json rows = ordered_json::array();
  for (const metric& m : all_metrics())
    rows.push_back({{"id", m.id},
                    {"label", m.label},
                    {"unit", m.unit},
                    {"better", m.better == better_direction::higher  ? "higher"
                               : m.better == better_direction::lower ? "lower"
                                                                     : "neither"}});
  for (const std::string& name : counters)
    rows.push_back({{"id", "counter " + name},
                    {"label", name},
                    {"unit", counter_unit(name)},
                    {"better", "neither"}});
  return rows;
}

kept_values values_to_keep(std::size_t cells, std::size_t repetitions, const page_limits& limits) {
  if (cells > limits.whole_cells) return kept_values::means;
  if (repetitions <= limits.sample_values / all_metrics().size()) return kept_values::all;
  if (repetitions <= limits.headline_values / 5) return kept_values::headline;
  return kept_values::none;
}

/// The machine types of a fleet with their hosts, and what differs between these.
ordered_json machines_json(const results& value) {
  ordered_json rows = ordered_json::array();
  for (const machine_type& type : machine_types_of(value)) {
    ordered_json hosts = ordered_json::array();
    for (const std::uint32_t host : type.hosts) hosts.push_back(value.hosts[host].name);
    rows.push_back({{"name", type.name},
                    {"hosts", std::move(hosts)},
                    {"environment", value.hosts[type.hosts.front()].environment},
                    {"differences", differences_between_hosts(value, type)}});
  }
  return rows;
}

ordered_json panel_json(const results& value, const panel& p, std::string label) {
  ordered_json row = {
      {"workload", p.workload}, {"parameters", p.parameters}, {"label", std::move(label)}};
  if (value.foreign) return row;
  const auto in_flight = in_flight_over_cores(value, p);
  row["in_flight"] = in_flight ? ordered_json(*in_flight) : ordered_json(nullptr);
  const auto cpu = p.parameters.find("cpu");
  const auto wait = p.parameters.find("wait");
  if (cpu != p.parameters.end() && wait != p.parameters.end()) {
    row["cpu_s"] = number_json(seconds_of(cpu->second));
    row["wait_s"] = number_json(seconds_of(wait->second));
  }
  ordered_json fits = ordered_json::array();
  for (const scaling_fit& fit : scaling_fits(value, p)) {
    ordered_json fit_row = {{"model", fit.model}};
    if (!fit.missing.empty()) {
      fit_row["missing"] = fit.missing;
    } else {
      fit_row["law"] = to_string(fit.law);
      fit_row["rate"] = figure_json(fit.rate);
      fit_row["contention"] = figure_json(fit.contention);
      if (fit.coherency) fit_row["coherency"] = figure_json(*fit.coherency);
      if (fit.peak_cores) fit_row["peak_cores"] = figure_json(*fit.peak_cores);
      fit_row["terms"] = {number_json(fit.terms[0]), number_json(fit.terms[1]),
                          number_json(fit.terms[2])};
      fit_row["from_cores"] = number_json(fit.from_cores);
      fit_row["to_cores"] = number_json(fit.to_cores);
    }
    fits.push_back(std::move(fit_row));
  }
  row["fits"] = std::move(fits);
  return row;
}

/// A row per panel. Labels are questions as long as these are unique.
ordered_json panels_json(const results& value, const std::vector<panel>& panels) {
  ordered_json rows = ordered_json::array();
  std::set<std::string> labels;
  for (const panel& p : panels) {
    const std::string label = question_text(p.workload, p.parameters);
    const bool is_unique = !value.foreign && labels.insert(label).second;
    rows.push_back(panel_json(value, p, is_unique ? label : p.label));
  }
  return rows;
}

void add_baseline(ordered_json& document, const results& baseline, const results& now) {
  ordered_json differences = ordered_json::array();
  for (const auto& d : machine_differences(baseline, now))
    differences.push_back({d.key, d.old_value, d.new_value});
  ordered_json changes = ordered_json::array();
  for (const metric& m : all_metrics())
    if (is_headline(m, now.foreign))
      for (const change& c : changes_in(m, baseline, now))
        changes.push_back({{"cell", c.now},
                           {"metric", m.id},
                           {"before", figure_json(c.before)},
                           {"ratio", figure_json(c.ratio)},
                           {"verdict", c.verdict},
                           {"because", c.because}});
  document["baseline"] = {{"date", baseline.date},
                          {"command", baseline.command},
                          {"environment_differences", differences},
                          {"headline", check_headline(baseline, now)},
                          {"changes", std::move(changes)}};
}

}  // namespace

page_limits complete_page() {
  constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
  return {all, all, all, all, all};
}

ordered_json page_data(const results& now, const results* baseline, const page_limits& limits) {
  const std::vector<panel> panels = panels_of(now);
  return page_data({now, panels, answers_of(now, panels)}, baseline, limits);
}

ordered_json page_data(const outcome_input& from, const results* baseline,
                       const page_limits& limits) {
  const auto& [now, panels, all] = from;
  std::size_t repetitions = 0;
  for (const cell_result& cell : now.cells) repetitions += cell.samples.size();
  const kept_values kept = values_to_keep(now.cells.size(), repetitions, limits);
  const std::vector<std::string> counters = counter_names(now);

  ordered_json document = {
      {"schema", 1},
      {"suite", now.suite},
      {"foreign", now.foreign},
      {"status", now.status == results_status::complete ? "complete" : "interrupted"},
      {"date", now.date},
      {"seed", now.seed},
      {"command", now.command},
      {"repetitions", repetitions},
      {"values", kept == kept_values::all        ? "all"
                 : kept == kept_values::headline ? "headline"
                 : kept == kept_values::means    ? "means"
                                                 : "none"},
      {"environment", now.environment},
      {"outcomes", lede_of(from)},
      {"metrics", metrics_json(counters)},
      {"shares", curve_shares()}};
  if (!now.hosts.empty()) document["machines"] = machines_json(now);
  document["answers"] = answers_json(now, panels, all);
  document["contests"] = contests_json(now, all);
  document["leaders"] = leaders_json(all);
  document["panels"] = panels_json(now, panels);
  document["cells"] = cells_json(now, panels, all.contests, counters, kept);
  if (baseline != nullptr) add_baseline(document, *baseline, now);
  return document;
}

}  // namespace crossover
