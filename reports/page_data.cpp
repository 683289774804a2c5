#include "reports/page_data.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "bench/results/metrics.hpp"
#include "reports/answer_text.hpp"
#include "reports/changes.hpp"
#include "reports/contest_text.hpp"
#include "reports/counters.hpp"
#include "reports/environment_differences.hpp"
#include "reports/outcomes.hpp"
#include "reports/panels.hpp"
#include "reports/percentiles.hpp"
#include "reports/scaling.hpp"
#include "reports/units.hpp"

namespace crossover {
namespace {

using nlohmann::ordered_json;

/// The value rounded to five significant digits: precise enough for any measurement, half the
/// bytes.
ordered_json rounded(double value) {
  if (!std::isfinite(value)) return nullptr;
  if (value == 0) return 0;
  const int shift = 4 - static_cast<int>(std::floor(std::log10(std::abs(value))));
  const double factor = std::pow(10.0, std::abs(shift));
  const double kept =
      shift >= 0 ? std::round(value * factor) / factor : std::round(value / factor) * factor;
  if (kept == std::floor(kept) && std::abs(kept) < 1e15) return static_cast<std::int64_t>(kept);
  return std::isfinite(kept) ? kept : value;
}

ordered_json rounded(const std::optional<double>& value) {
  return value ? rounded(*value) : ordered_json(nullptr);
}

/// Blocks that an interval needs to be drawn.
constexpr std::size_t minimum_for_interval = 3;

ordered_json figure(const interval& of) {
  if (of.n < minimum_for_interval) return {rounded(of.mean), nullptr, nullptr, of.n};
  return {rounded(of.mean), rounded(of.lower), rounded(of.upper), of.n};
}

ordered_json figure(const std::vector<double>& values, bool with_values) {
  const auto mean = mean_interval(values);
  if (!mean) return nullptr;
  ordered_json array = figure(*mean);
  if (with_values && values.size() > 1)
    for (const double value : values) array.push_back(rounded(value));
  return array;
}

/// The metrics, followed by the counters of a foreign file.
ordered_json metric_rows(const std::vector<std::string>& counters) {
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

ordered_json curve(const latency_curve& of) {
  ordered_json row = {of.count};
  for (const double seconds : of.seconds) row.push_back(rounded(seconds));
  row.push_back(rounded(of.max_s));
  return row;
}

/// `means`: only means and intervals, and only of the headline metrics.
enum class kept_values { all, headline, none, means };

kept_values values_to_keep(std::size_t cells, std::size_t repetitions, const page_limits& limits) {
  if (cells > limits.whole_cells) return kept_values::means;
  if (repetitions <= limits.sample_values / all_metrics().size()) return kept_values::all;
  if (repetitions <= limits.headline_values / 5) return kept_values::headline;
  return kept_values::none;
}

/// Speed-up over the model's cell with the fewest cores and the same concurrency:
/// [mean, lower, upper, n, those cores].
ordered_json speedup_of(const results& value, const panel& within, const cell_result& cell) {
  if (!cell.cores || value.foreign) return nullptr;
  const cell_result* base = nullptr;
  for (const std::size_t i : within.cells) {
    const cell_result& other = value.cells[i];
    if (other.model_label() != cell.model_label() || other.in_flight != cell.in_flight ||
        !other.cores || values_of(other, "throughput").empty())
      continue;
    if (base == nullptr || *other.cores < *base->cores) base = &other;
  }
  if (base == nullptr) return nullptr;
  const auto ratio = ratio_interval(values_of(cell, "throughput"), values_of(*base, "throughput"));
  if (!ratio) return nullptr;
  ordered_json row = figure(*ratio);
  row.push_back(*base->cores);
  return row;
}

using code_list = std::vector<std::string>;

/// Returns, per cell of a contest, the codes of the findings that every model there has.
std::map<std::size_t, const code_list*> shared_findings_of_cells(
    const std::vector<contest>& contests) {
  std::map<std::size_t, const code_list*> shared;
  for (const contest& c : contests) {
    for (const contender& model : c.models) shared[model.cell] = &c.shared_findings;
    if (c.reference) shared[*c.reference] = &c.shared_findings;
  }
  return shared;
}

ordered_json finding_rows(const cell_result& cell, const code_list* shared) {
  ordered_json findings = ordered_json::array();
  for (const finding& f : cell.findings) {
    findings.push_back({{"code", f.code}, {"detail", f.detail}});
    if (shared != nullptr && std::find(shared->begin(), shared->end(), f.code) != shared->end())
      findings.back()["shared"] = true;
  }
  return findings;
}

ordered_json cell_row(const results& value, const cell_result& cell, std::size_t in_panel,
                      const panel& within, const code_list* shared,
                      const std::vector<std::string>& counters, kept_values kept) {
  ordered_json row = {{"panel", in_panel}, {"name", cell.name}, {"model", cell.model_label()}};
  row["cores"] = cell.cores ? ordered_json(*cell.cores) : ordered_json(nullptr);
  row["in_flight"] = cell.in_flight ? ordered_json(*cell.in_flight) : ordered_json(nullptr);
  row["status"] = to_string(cell.status);
  if (!cell.reason.empty()) row["reason"] = cell.reason;
  if (value.foreign) row["parameters"] = cell.parameters;
  if (!cell.findings.empty()) row["findings"] = finding_rows(cell, shared);
  if (cell.ceiling) row["ceiling"] = rounded(*cell.ceiling);
  if (cell.status != cell_status::ok) return row;
  ordered_json metrics = ordered_json::array();
  for (const metric& m : all_metrics()) {
    // Time is the reciprocal of throughput. Foreign files report time, results throughput.
    const bool repeats = m.id == (value.foreign ? "throughput" : "time");
    const bool left_out = repeats || (kept == kept_values::means && !is_headline(m, value.foreign));
    const bool with_values = kept == kept_values::all ||
                             (kept == kept_values::headline && is_headline(m, value.foreign));
    metrics.push_back(left_out ? ordered_json(nullptr)
                               : figure(values_of(cell, m.id), with_values));
  }
  for (const std::string& name : counters)
    metrics.push_back(figure(counter_values(cell, name), kept == kept_values::all));
  row["metrics"] = std::move(metrics);
  if (kept != kept_values::means) {
    if (const auto of = latency_curve_of(cell, &sample::latency)) row["latency"] = curve(*of);
    if (const auto of = latency_curve_of(cell, &sample::service)) row["service"] = curve(*of);
  }
  if (const ordered_json speedup = speedup_of(value, within, cell); !speedup.is_null())
    row["speedup"] = speedup;
  return row;
}

ordered_json ratio_json(const std::optional<ratio_to_best>& ratio) {
  if (!ratio) return nullptr;
  return {{"ratio", rounded(ratio->ratio)},
          {"lower", rounded(ratio->lower)},
          {"upper", rounded(ratio->upper)}};
}

ordered_json contender_json(const contender& model) {
  ordered_json row = {{"model", model.model}, {"cell", model.cell}};
  row["class"] = model.shown ? ordered_json(name_of(*model.shown)) : ordered_json(nullptr);
  const auto ratio = model.to_best;
  row["ratio"] = ratio ? rounded(ratio->ratio) : ordered_json(nullptr);
  row["lower"] = ratio ? rounded(ratio->lower) : ordered_json(nullptr);
  row["upper"] = ratio ? rounded(ratio->upper) : ordered_json(nullptr);
  row["throughput"] = rounded(model.throughput);
  row["cpu_s"] = rounded(model.cpu_s);
  row["memory_bytes"] = rounded(model.memory_bytes);
  if (model.cheapest) row["cheapest"] = true;
  if (model.has_errors) row["errors"] = true;
  return row;
}

ordered_json contest_json(const results& value, const contest& c, std::size_t in_panel) {
  ordered_json row = {{"panel", in_panel}, {"workload", c.workload}, {"parameters", c.parameters}};
  row["cores"] = c.cores ? ordered_json(*c.cores) : ordered_json(nullptr);
  row["in_flight"] = c.in_flight ? ordered_json(*c.in_flight) : ordered_json(nullptr);
  if (c.rate) row["rate"] = rounded(*c.rate);
  row["verdict"] = name_of(c.verdict);
  row["why"] = name_of(c.why);
  ordered_json best = ordered_json::array();
  ordered_json equivalent = ordered_json::array();
  ordered_json ratios = ordered_json::array();
  for (const contender& model : c.models) {
    if (model.shown == model_class::best) best.push_back(model.model);
    if (model.shown == model_class::equivalent) equivalent.push_back(model.model);
    ratios.push_back(contender_json(model));
  }
  row["best"] = std::move(best);
  row["equivalent"] = std::move(equivalent);
  row["ratios"] = std::move(ratios);
  if (!c.failed.empty()) {
    ordered_json failed = ordered_json::array();
    for (const std::size_t cell : c.failed) failed.push_back(value.cells[cell].model_label());
    row["failed"] = std::move(failed);
  }
  row["of_reference"] = ratio_json(c.of_reference);
  row["blocks"] = c.blocks;
  row["blocks_wanted"] = c.blocks_wanted ? ordered_json(*c.blocks_wanted) : ordered_json(nullptr);
  return row;
}

ordered_json leader_json(const leader_series& series) {
  const auto names = [&](const std::vector<std::size_t>& models) {
    ordered_json array = ordered_json::array();
    for (const std::size_t model : models) array.push_back(series.models[model]);
    return array;
  };
  ordered_json ranges = ordered_json::array();
  for (const leading_range& range : series.found.ranges)
    ranges.push_back({{"from", rounded(range.from)},
                      {"to", rounded(range.to)},
                      {"leaders", names(range.leaders)}});
  ordered_json crossings = ordered_json::array();
  for (const crossing& c : series.found.crossings)
    crossings.push_back({{"after", rounded(c.after)},
                         {"before", rounded(c.before)},
                         {"outgoing", names(c.outgoing)},
                         {"incoming", names(c.incoming)}});
  return {{"along", name_of(series.along)},
          {"contests", series.contests},
          {"ranges", std::move(ranges)},
          {"crossings", std::move(crossings)},
          {"undecided", series.found.undecided}};
}

ordered_json panel_row(const results& value, const panel& p, std::string label) {
  ordered_json row = {
      {"workload", p.workload}, {"parameters", p.parameters}, {"label", std::move(label)}};
  if (value.foreign) return row;
  const auto in_flight = in_flight_over_cores(value, p);
  row["in_flight"] = in_flight ? ordered_json(*in_flight) : ordered_json(nullptr);
  const auto cpu = p.parameters.find("cpu");
  const auto wait = p.parameters.find("wait");
  if (cpu != p.parameters.end() && wait != p.parameters.end()) {
    row["cpu_s"] = rounded(seconds_of(cpu->second));
    row["wait_s"] = rounded(seconds_of(wait->second));
  }
  ordered_json fits = ordered_json::array();
  for (const scaling_fit& fit : scaling_fits(value, p)) {
    ordered_json fit_row = {{"model", fit.model}};
    if (!fit.missing.empty()) {
      fit_row["missing"] = fit.missing;
    } else {
      fit_row["law"] = to_string(fit.law);
      fit_row["rate"] = figure(fit.rate);
      fit_row["contention"] = figure(fit.contention);
      if (fit.coherency) fit_row["coherency"] = figure(*fit.coherency);
      if (fit.peak_cores) fit_row["peak_cores"] = figure(*fit.peak_cores);
      fit_row["terms"] = {rounded(fit.terms[0]), rounded(fit.terms[1]), rounded(fit.terms[2])};
      fit_row["from_cores"] = rounded(fit.from_cores);
      fit_row["to_cores"] = rounded(fit.to_cores);
    }
    fits.push_back(std::move(fit_row));
  }
  row["fits"] = std::move(fits);
  return row;
}

ordered_json answer_json(const results& value, const panel& p, const answer_set& all,
                         const answer& of) {
  answer_text text = text_of(value, p, all, of);
  ordered_json row = {{"panel", of.panel},
                      {"headline", std::move(text.headline)},
                      {"sentence", std::move(text.sentence)},
                      {"details", std::move(text.details)},
                      {"caveats", std::move(text.caveats)}};
  row["contest"] = of.headline ? ordered_json(*of.headline) : ordered_json(nullptr);
  return row;
}

/// Adds answers, contests and the places where the leading models change.
void add_answers(ordered_json& document, const results& value, const std::vector<panel>& panels,
                 const answer_set& all) {
  ordered_json answers = ordered_json::array();
  std::vector<std::size_t> panel_of_contest(all.contests.size());
  for (const answer& a : all.answers) {
    answers.push_back(answer_json(value, panels[a.panel], all, a));
    for (const std::size_t i : a.contests) panel_of_contest[i] = a.panel;
  }
  ordered_json contests = ordered_json::array();
  for (std::size_t i = 0; i < all.contests.size(); ++i)
    contests.push_back(contest_json(value, all.contests[i], panel_of_contest[i]));
  ordered_json leaders = ordered_json::array();
  for (const leader_series& series : all.leaders) leaders.push_back(leader_json(series));
  document["answers"] = std::move(answers);
  document["contests"] = std::move(contests);
  document["leaders"] = std::move(leaders);
}

void add_baseline(ordered_json& document, const results& baseline, const results& now) {
  ordered_json differences = ordered_json::array();
  for (const auto& d : environment_differences(baseline, now))
    differences.push_back({d.key, d.old_value, d.new_value});
  ordered_json changes = ordered_json::array();
  for (const metric& m : all_metrics())
    if (is_headline(m, now.foreign))
      for (const change& c : changes_in(m, baseline, now))
        changes.push_back({{"cell", c.now},
                           {"metric", m.id},
                           {"before", figure(c.before)},
                           {"ratio", figure(c.ratio)},
                           {"verdict", c.verdict},
                           {"because", c.because}});
  document["baseline"] = {{"date", baseline.date},
                          {"command", baseline.command},
                          {"environment_differences", differences},
                          {"headline", check_headline(baseline, now)},
                          {"changes", std::move(changes)}};
}

}  // namespace

bool is_headline(const metric& m, bool foreign) {
  static constexpr std::array own_ids = {"throughput", "p50", "p99", "cpu", "memory"};
  static constexpr std::array foreign_ids = {"time", "cpu"};
  const auto is_this = [&m](std::string_view id) { return m.id == id; };
  return foreign ? std::any_of(foreign_ids.begin(), foreign_ids.end(), is_this)
                 : std::any_of(own_ids.begin(), own_ids.end(), is_this);
}

page_limits complete_page() {
  constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
  return {all, all, all, all, all};
}

ordered_json page_data(const results& now, const results* baseline, const page_limits& limits) {
  const std::vector<panel> panels = panels_of(now);
  const answer_set all = answers_of(now, panels);
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
      {"outcomes", lede_of({now, panels, all})},
      {"metrics", metric_rows(counters)},
      {"shares", curve_shares()}};
  add_answers(document, now, panels, all);

  std::vector<std::size_t> panel_of_cell(now.cells.size());
  ordered_json panel_rows = ordered_json::array();
  std::set<std::string> labels;
  for (std::size_t i = 0; i < panels.size(); ++i) {
    for (const std::size_t cell : panels[i].cells) panel_of_cell[cell] = i;
    std::string label = question_text(panels[i].workload, panels[i].parameters);
    const bool is_unique = !now.foreign && labels.insert(label).second;
    panel_rows.push_back(panel_row(now, panels[i], is_unique ? label : panels[i].label));
  }
  document["panels"] = std::move(panel_rows);

  const auto shared = shared_findings_of_cells(all.contests);
  ordered_json cells = ordered_json::array();
  for (std::size_t i = 0; i < now.cells.size(); ++i)
    cells.push_back(cell_row(now, now.cells[i], panel_of_cell[i], panels[panel_of_cell[i]],
                             shared.contains(i) ? shared.at(i) : nullptr, counters, kept));
  document["cells"] = std::move(cells);
  if (baseline != nullptr) add_baseline(document, *baseline, now);
  return document;
}

}  // namespace crossover
