#include "reports/answer_json.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "reports/answer_text.hpp"
#include "reports/figure_json.hpp"

namespace crossover {
namespace {

using nlohmann::ordered_json;

ordered_json ratio_json(const std::optional<ratio_to_best>& ratio) {
  if (!ratio) return nullptr;
  return {{"ratio", number_json(ratio->ratio)},
          {"lower", number_json(ratio->lower)},
          {"upper", number_json(ratio->upper)}};
}

ordered_json contender_json(const contender& model) {
  ordered_json row = {{"model", model.model}, {"cell", model.cell}};
  row["class"] = model.shown ? ordered_json(name_of(*model.shown)) : ordered_json(nullptr);
  const auto ratio = model.to_best;
  row["ratio"] = ratio ? number_json(ratio->ratio) : ordered_json(nullptr);
  row["lower"] = ratio ? number_json(ratio->lower) : ordered_json(nullptr);
  row["upper"] = ratio ? number_json(ratio->upper) : ordered_json(nullptr);
  row["throughput"] = number_json(model.throughput);
  row["cpu_s"] = number_json(model.cpu_s);
  row["memory_bytes"] = number_json(model.memory_bytes);
  if (model.cheapest) row["cheapest"] = true;
  if (model.has_errors) row["errors"] = true;
  return row;
}

ordered_json contest_json(const results& value, const contest& c, std::size_t in_panel) {
  ordered_json row = {{"panel", in_panel}, {"workload", c.workload}, {"parameters", c.parameters}};
  row["cores"] = c.cores ? ordered_json(*c.cores) : ordered_json(nullptr);
  row["in_flight"] = c.in_flight ? ordered_json(*c.in_flight) : ordered_json(nullptr);
  if (c.rate) row["rate"] = number_json(*c.rate);
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
  if (c.hosts > 0) {
    row["hosts"] = c.hosts;
    row["missing_hosts"] = c.missing_hosts;
    if (c.hosts_wanted) row["hosts_wanted"] = *c.hosts_wanted;
  }
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
    ranges.push_back({{"from", number_json(range.from)},
                      {"to", number_json(range.to)},
                      {"leaders", names(range.leaders)}});
  ordered_json crossings = ordered_json::array();
  for (const crossing& c : series.found.crossings)
    crossings.push_back({{"after", number_json(c.after)},
                         {"before", number_json(c.before)},
                         {"outgoing", names(c.outgoing)},
                         {"incoming", names(c.incoming)}});
  return {{"along", name_of(series.along)},
          {"contests", series.contests},
          {"ranges", std::move(ranges)},
          {"crossings", std::move(crossings)},
          {"undecided", series.found.undecided}};
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

}  // namespace

ordered_json answers_json(const results& value, const std::vector<panel>& panels,
                          const answer_set& all) {
  ordered_json rows = ordered_json::array();
  for (const answer& a : all.answers) rows.push_back(answer_json(value, panels[a.panel], all, a));
  return rows;
}

ordered_json contests_json(const results& value, const answer_set& all) {
  std::vector<std::size_t> panel_of_contest(all.contests.size());
  for (const answer& a : all.answers)
    for (const std::size_t i : a.contests) panel_of_contest[i] = a.panel;
  ordered_json rows = ordered_json::array();
  for (std::size_t i = 0; i < all.contests.size(); ++i)
    rows.push_back(contest_json(value, all.contests[i], panel_of_contest[i]));
  return rows;
}

ordered_json leaders_json(const answer_set& all) {
  ordered_json rows = ordered_json::array();
  for (const leader_series& series : all.leaders) rows.push_back(leader_json(series));
  return rows;
}

}  // namespace crossover
