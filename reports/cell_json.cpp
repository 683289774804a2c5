#include "reports/cell_json.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "bench/results/metrics.hpp"
#include "reports/counters.hpp"
#include "reports/figure_json.hpp"
#include "reports/headline_metrics.hpp"
#include "reports/percentiles.hpp"

namespace crossover {
namespace {

using nlohmann::ordered_json;

ordered_json curve(const latency_curve& of) {
  ordered_json row = {of.count};
  for (const double seconds : of.seconds) row.push_back(number_json(seconds));
  row.push_back(number_json(of.max_s));
  return row;
}

/// The cells with the fewest cores, by panel, model and concurrency.
class fewest_cores {
 public:
  fewest_cores(const results& value, const std::vector<std::size_t>& panel_of_cell) {
    for (std::size_t i = 0; i < value.cells.size(); ++i) {
      const cell_result& cell = value.cells[i];
      if (!cell.cores || values_of(cell, "throughput").empty()) continue;
      const cell_result*& base = bases_[place_of(cell, panel_of_cell[i])];
      if (base == nullptr || *cell.cores < *base->cores) base = &cell;
    }
  }

  /// Returns nullptr if there is none.
  const cell_result* base_of(const cell_result& cell, std::size_t in_panel) const {
    const auto base = bases_.find(place_of(cell, in_panel));
    return base == bases_.end() ? nullptr : base->second;
  }

 private:
  using place = std::tuple<std::size_t, std::string, std::optional<std::uint32_t>>;
  static place place_of(const cell_result& cell, std::size_t in_panel) {
    return {in_panel, cell.model_label(), cell.in_flight};
  }

  std::map<place, const cell_result*> bases_;
};

/// Speed-up over the model's cell with the fewest cores and the same concurrency:
/// [mean, lower, upper, n, those cores].
ordered_json speedup_of(const cell_result& cell, const cell_result* base) {
  if (!cell.cores || base == nullptr) return nullptr;
  const auto ratio = ratio_interval(independent_values_of(cell, "throughput"),
                                    independent_values_of(*base, "throughput"));
  if (!ratio) return nullptr;
  ordered_json row = figure_json(*ratio);
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
                      const cell_result* base, const code_list* shared,
                      const std::vector<std::string>& counters, kept_values kept) {
  ordered_json row = {{"panel", in_panel}, {"name", cell.name}, {"model", cell.model_label()}};
  row["cores"] = cell.cores ? ordered_json(*cell.cores) : ordered_json(nullptr);
  row["in_flight"] = cell.in_flight ? ordered_json(*cell.in_flight) : ordered_json(nullptr);
  row["status"] = to_string(cell.status);
  if (!cell.reason.empty()) row["reason"] = cell.reason;
  if (value.foreign) row["parameters"] = cell.parameters;
  if (!cell.findings.empty()) row["findings"] = finding_rows(cell, shared);
  if (cell.ceiling) row["ceiling"] = number_json(*cell.ceiling);
  if (cell.status != cell_status::ok) return row;
  const std::vector<double> no_values;
  ordered_json metrics = ordered_json::array();
  for (const metric& m : all_metrics()) {
    // Time is the reciprocal of throughput. Foreign files report time, results throughput.
    const bool repeats = m.id == (value.foreign ? "throughput" : "time");
    const bool left_out = repeats || (kept == kept_values::means && !is_headline(m, value.foreign));
    const bool with_values = kept == kept_values::all ||
                             (kept == kept_values::headline && is_headline(m, value.foreign));
    metrics.push_back(left_out ? ordered_json(nullptr)
                               : figure_json(interval_of(cell, m.id),
                                             with_values ? values_of(cell, m.id) : no_values));
  }
  for (const std::string& name : counters)
    metrics.push_back(
        figure_json(mean_interval(counter_values(cell, name)),
                    kept == kept_values::all ? counter_values(cell, name) : no_values));
  row["metrics"] = std::move(metrics);
  if (kept != kept_values::means) {
    if (const auto of = latency_curve_of(cell, &sample::latency)) row["latency"] = curve(*of);
    if (const auto of = latency_curve_of(cell, &sample::service)) row["service"] = curve(*of);
  }
  if (!value.foreign)
    if (const ordered_json speedup = speedup_of(cell, base); !speedup.is_null())
      row["speedup"] = speedup;
  return row;
}

}  // namespace

ordered_json cells_json(const results& value, const std::vector<panel>& panels,
                        const std::vector<contest>& contests,
                        const std::vector<std::string>& counters, kept_values kept) {
  std::vector<std::size_t> panel_of_cell(value.cells.size());
  for (std::size_t i = 0; i < panels.size(); ++i)
    for (const std::size_t cell : panels[i].cells) panel_of_cell[cell] = i;
  const fewest_cores bases(value, panel_of_cell);
  const auto shared = shared_findings_of_cells(contests);
  ordered_json rows = ordered_json::array();
  for (std::size_t i = 0; i < value.cells.size(); ++i)
    rows.push_back(cell_row(value, value.cells[i], panel_of_cell[i],
                            bases.base_of(value.cells[i], panel_of_cell[i]),
                            shared.contains(i) ? shared.at(i) : nullptr, counters, kept));
  return rows;
}

}  // namespace crossover
