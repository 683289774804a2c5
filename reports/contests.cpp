#include "reports/contests.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <set>
#include <tuple>

#include "reports/machine_types.hpp"
#include "reports/numbered_blocks.hpp"
#include "reports/panels.hpp"
#include "reports/statistics/stopping.hpp"

namespace crossover {
namespace {

/// A model with at least this share of a ceiling reaches it.
constexpr double ceiling_reached = 0.98;

std::optional<double> rate_of(const cell_result& cell) {
  return cell.samples.empty() ? std::nullopt : cell.samples.front().rate;
}

bool is_measured(const cell_result& cell) {
  return cell.status == cell_status::ok && !values_of(cell, "throughput").empty();
}

std::optional<double> mean_of_metric(const cell_result& cell, std::string_view id) {
  const auto figure = interval_of(cell, id);
  return figure ? std::optional(figure->mean) : std::nullopt;
}

/// Groups the cells by everything but the model. A failed cell has no samples and thus no rate, so
/// it joins the contest with the same workload, parameters, cores and in flight.
std::vector<cell_indices> cells_of_contests(const results& value) {
  using place = std::tuple<std::string, std::map<std::string, std::string>,
                           std::optional<std::uint32_t>, std::optional<std::uint32_t>>;
  std::map<std::pair<place, std::optional<double>>, std::size_t> index;
  std::vector<cell_indices> groups;
  const auto add = [&](std::size_t i, bool measured) {
    const cell_result& cell = value.cells[i];
    const place at{cell.workload, cell.shown_parameters(), cell.cores, cell.in_flight};
    auto group = index.find({at, rate_of(cell)});
    if (group == index.end() && !measured) {
      group = index.lower_bound({at, std::nullopt});
      if (group != index.end() && group->first.first != at) group = index.end();
    }
    if (group == index.end()) {
      group = index.emplace(std::pair(at, rate_of(cell)), groups.size()).first;
      groups.emplace_back();
    }
    groups[group->second].push_back(i);
  };
  for (std::size_t i = 0; i < value.cells.size(); ++i)
    if (is_measured(value.cells[i])) add(i, true);
  for (std::size_t i = 0; i < value.cells.size(); ++i)
    if (value.cells[i].status == cell_status::failed) add(i, false);
  const auto first = [](const cell_indices& cells) {
    return *std::min_element(cells.begin(), cells.end());
  };
  std::sort(groups.begin(), groups.end(),
            [&](const auto& a, const auto& b) { return first(a) < first(b); });
  return groups;
}

bool is_empty_series(const block_values& series) {
  return std::none_of(series.begin(), series.end(), [](const auto& v) { return v.has_value(); });
}

contender contender_of(const results& value, std::size_t i) {
  const cell_result& cell = value.cells[i];
  contender c;
  c.cell = i;
  c.model = cell.model_label();
  c.has_errors = has_finding(cell, "errors");
  c.throughput = mean_of_metric(cell, "throughput");
  c.cpu_s = mean_of_metric(cell, "cpu");
  c.memory_bytes = mean_of_metric(cell, "memory");
  if (rate_of(cell)) c.p99_s = mean_of_metric(cell, "p99");
  return c;
}

/// Sorts the cells of a contest into contenders, those with errors, failed cells and the limit.
/// Returns those with errors.
std::vector<contender> enrol(const results& value, const cell_indices& cells, contest& c) {
  std::vector<contender> erroneous;
  const bool has_event_loop = std::any_of(cells.begin(), cells.end(), [&](std::size_t i) {
    return value.cells[i].model == "event_loop" && is_measured(value.cells[i]);
  });
  for (const std::size_t i : cells) {
    const cell_result& cell = value.cells[i];
    if (cell.model == name_of_reference) {
      const bool is_first = !c.reference && is_measured(cell);
      if (is_first || (is_measured(cell) && cell.model_parameters.empty())) c.reference = i;
      continue;
    }
    if (cell.model == "shared_loop" && cell.cores == 1u && has_event_loop) continue;
    if (cell.status == cell_status::failed) {
      c.failed.push_back(i);
      continue;
    }
    contender entry = contender_of(value, i);
    (entry.has_errors ? erroneous : c.models).push_back(std::move(entry));
    if (cell.ceiling) c.ceiling = c.ceiling ? std::max(*c.ceiling, *cell.ceiling) : cell.ceiling;
  }
  return erroneous;
}

/// Returns false if only some hosts of a fleet have the finding.
bool is_server_bound(const cell_result& cell) {
  return std::any_of(cell.findings.begin(), cell.findings.end(),
                     [](const finding& f) { return f.code == "server_bound" && !f.host; });
}

/// The limit that all contenders share, if there is one.
verdict_reason shared_limit_of(const results& value, const contest& c) {
  const auto all = [&](auto predicate) {
    return std::all_of(c.models.begin(), c.models.end(), predicate);
  };
  if (all([&](const contender& m) { return is_server_bound(value.cells[m.cell]); }))
    return verdict_reason::server_bound;
  const auto reach = [&](double limit) {
    return all([&](const contender& m) { return *m.throughput >= ceiling_reached * limit; });
  };
  if (c.rate && reach(*c.rate)) return verdict_reason::rate;
  if (c.ceiling && reach(*c.ceiling)) return verdict_reason::ceiling;
  return verdict_reason::intervals;
}

/// Marks the cheapest models and sorts them first, the others by CPU time. The cheapest are models
/// that no other is shown to undercut in CPU time; of these, those with the lowest memory.
void rank_by_cost(const numbered_blocks& blocks, const ranking_options& options, contest& c) {
  const contest_ranking cost =
      rank_models(blocks.series_of_all(c.models, "cpu", -1), options, {}, blocks.hosts());
  constexpr double unknown = std::numeric_limits<double>::infinity();
  std::vector<bool> leads;
  for (const model_rank& rank : cost.models) leads.push_back(rank.shown != model_class::slower);
  const bool is_shown = cost.verdict != contest_verdict::cannot_tell ||
                        std::find(leads.begin(), leads.end(), false) != leads.end();
  double least_memory = unknown;
  for (std::size_t i = 0; i < c.models.size(); ++i)
    if (leads[i]) least_memory = std::min(least_memory, c.models[i].memory_bytes.value_or(unknown));
  for (std::size_t i = 0; i < c.models.size(); ++i)
    c.models[i].cheapest =
        is_shown && leads[i] &&
        (least_memory == unknown ||
         c.models[i].memory_bytes.value_or(unknown) * (1 - options.margin) <= least_memory);
  std::stable_sort(c.models.begin(), c.models.end(), [&](const contender& a, const contender& b) {
    if (a.cheapest != b.cheapest) return a.cheapest;
    return a.cpu_s.value_or(unknown) < b.cpu_s.value_or(unknown);
  });
}

int order_of(const contender& model) {
  return model.shown == model_class::best ? 0 : model.shown == model_class::equivalent ? 1 : 2;
}

/// Estimates how many blocks separate the models that may be the best.
void want_blocks(const difference_table& open_differences, const stopping_rule& rule, contest& c) {
  c.blocks_wanted = blocks_wanted(open_differences, c.blocks, rule);
  constexpr std::size_t most_growth = 5;  // more blocks of the same hosts would not help
  if (!c.blocks_wanted || *c.blocks_wanted > most_growth * c.blocks)
    c.hosts_wanted = hosts_wanted(open_differences, rule);
  if (c.hosts_wanted) {
    c.blocks_wanted.reset();
    return;
  }
  if (!c.blocks_wanted) {
    c.why = verdict_reason::too_few_blocks;
    if (c.blocks < rule.first_look) c.blocks_wanted = rule.first_look;
  } else if (*c.blocks_wanted <= c.blocks) {
    c.blocks_wanted = next_look(rule, c.blocks);
  }
}

/// Ranks two or more contenders by throughput.
void rank_by_throughput(const results& value, const numbered_blocks& blocks,
                        const ranking_options& options, contest& c) {
  const std::vector<block_values> series = blocks.series_of_all(c.models, "throughput");
  const block_values anchor =
      c.reference ? blocks.series_of(*c.reference, "throughput") : block_values();
  const contest_ranking ranking = rank_models(series, options, anchor, blocks.hosts());
  c.why = shared_limit_of(value, c);
  c.verdict = c.why == verdict_reason::intervals ? ranking.verdict : contest_verdict::capped;
  std::vector<block_values> open_series;  // of the models that may be the best
  for (std::size_t i = 0; i < c.models.size(); ++i) {
    if (ranking.models[i].shown != model_class::slower) open_series.push_back(series[i]);
    c.models[i].to_best = ranking.models[i].to_best;
    if (c.verdict == contest_verdict::capped) continue;
    c.models[i].shown = ranking.models[i].shown;
    c.models[i].slower_by_at_least = ranking.models[i].slower_by_at_least;
  }
  if (c.verdict == contest_verdict::cannot_tell) {
    const bool is_paired = std::none_of(series.begin(), series.end(), is_empty_series);
    c.why = is_paired ? verdict_reason::scatter : verdict_reason::not_paired;
    if (is_paired)
      want_blocks(paired_differences(open_series, anchor, options.run, blocks.hosts()),
                  {.ranking = options}, c);
  }
  std::stable_sort(c.models.begin(), c.models.end(), [&](const contender& a, const contender& b) {
    return std::pair(order_of(a), -*a.throughput) < std::pair(order_of(b), -*b.throughput);
  });
}

std::vector<std::string> shared_findings_of(const results& value, const contest& c) {
  std::vector<std::string> codes;
  if (c.models.size() < 2) return codes;
  for (const finding& f : value.cells[c.models.front().cell].findings) {
    const bool all_have_it = std::all_of(c.models.begin(), c.models.end(), [&](const contender& m) {
      return has_finding(value.cells[m.cell], f.code);
    });
    if (all_have_it && f.code != "server_bound" &&
        std::find(codes.begin(), codes.end(), f.code) == codes.end())
      codes.push_back(f.code);
  }
  return codes;
}

/// Counts the hosts of a machine type, or of the fleet if it has only one.
void count_hosts(const results& value, const std::string& type, const block_hosts& of_blocks,
                 contest& c) {
  const std::set<std::uint32_t> measured(of_blocks.begin(), of_blocks.end());
  c.hosts = measured.size();
  for (const machine_type& machines : machine_types_of(value)) {
    if (!type.empty() && machines.name != type) continue;
    for (const std::uint32_t host : machines.hosts)
      if (!measured.contains(host)) c.missing_hosts.push_back(value.hosts[host].name);
  }
}

contest judge(const results& value, const cell_indices& cells,
              const autocorrelation_estimate& run) {
  const cell_result& any = value.cells[cells.front()];
  contest c;
  c.workload = any.workload;
  c.parameters = any.shown_parameters();
  c.cores = any.cores;
  c.in_flight = any.in_flight;
  c.rate = rate_of(any);
  c.equal = value.equal;
  const numbered_blocks blocks(value, cells);
  c.blocks = blocks.size();
  count_hosts(value, any.machine, blocks.hosts(), c);
  std::vector<contender> erroneous = enrol(value, cells, c);
  if (c.rate) c.ceiling = std::min(c.ceiling.value_or(*c.rate), *c.rate);

  const ranking_options ranking{.margin = value.equal, .run = run};
  if (c.models.size() > 1) {
    rank_by_throughput(value, blocks, ranking, c);
    if (c.why == verdict_reason::ceiling || c.why == verdict_reason::rate)
      rank_by_cost(blocks, {.margin = value.equal}, c);
  } else {
    c.verdict = c.models.empty() ? contest_verdict::cannot_tell : contest_verdict::single;
    c.why = c.models.empty() ? verdict_reason::no_model : verdict_reason::one_model;
  }
  if (c.reference && !c.models.empty() && c.why != verdict_reason::server_bound)
    c.of_reference =
        ratio_to_reference(blocks.series_of_all(c.models, "throughput"), 0,
                           blocks.series_of(*c.reference, "throughput"), ranking, blocks.hosts());
  std::move(erroneous.begin(), erroneous.end(), std::back_inserter(c.models));
  c.shared_findings = shared_findings_of(value, c);
  return c;
}

}  // namespace

std::string_view name_of(verdict_reason reason) {
  switch (reason) {
    case verdict_reason::intervals:
      return "intervals";
    case verdict_reason::scatter:
      return "scatter";
    case verdict_reason::too_few_blocks:
      return "too_few_blocks";
    case verdict_reason::not_paired:
      return "not_paired";
    case verdict_reason::ceiling:
      return "ceiling";
    case verdict_reason::rate:
      return "rate";
    case verdict_reason::server_bound:
      return "server_bound";
    case verdict_reason::one_model:
      return "one_model";
    case verdict_reason::no_model:
      return "no_model";
  }
  return "";
}

std::vector<const contender*> leaders_of(const contest& of) {
  std::vector<const contender*> leaders;
  for (const contender& model : of.models) {
    const bool leads = of.verdict == contest_verdict::best ? model.shown == model_class::best
                       : of.verdict == contest_verdict::capped
                           ? model.cheapest
                           : model.shown && model.shown != model_class::slower;
    if (leads) leaders.push_back(&model);
  }
  return leaders;
}

autocorrelation_estimate autocorrelation_of(const results& value) {
  autocorrelation_estimate run;
  if (value.foreign) return run;
  for (const cell_indices& cells : cells_of_contests(value)) {
    const numbered_blocks blocks(value, cells);
    std::vector<block_values> models;
    block_values anchor;
    for (const std::size_t i : cells) {
      if (!is_measured(value.cells[i])) continue;
      const bool is_reference = value.cells[i].model == name_of_reference;
      if (is_reference)
        anchor = blocks.series_of(i, "throughput");
      else
        models.push_back(blocks.series_of(i, "throughput"));
    }
    run.add(autocorrelation_of(models, anchor, blocks.hosts()));
  }
  return run;
}

std::vector<contest> contests_of(const results& value) {
  return contests_of(value, autocorrelation_of(value));
}

std::vector<contest> contests_of(const results& value, const autocorrelation_estimate& run) {
  std::vector<contest> contests;
  if (value.foreign) return contests;
  for (const cell_indices& cells : cells_of_contests(value)) {
    contest c = judge(value, cells, run);
    if (!c.models.empty() || !c.failed.empty()) contests.push_back(std::move(c));
  }
  return contests;
}

}  // namespace crossover
