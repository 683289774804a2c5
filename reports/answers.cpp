#include "reports/answers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "bench/results/metrics.hpp"
#include "reports/escape.hpp"
#include "reports/units.hpp"

namespace crossover {
namespace {

std::string at_in_flight(const cell_result& cell) {
  return cell.in_flight ? fmt::format(" with {} in flight", *cell.in_flight) : std::string();
}

std::string model_of(const cell_result& cell) {
  return clipped(cell.model.empty() ? cell.name : cell.model, 60);
}

std::string models_text(const results& value, const std::vector<std::size_t>& cells) {
  std::vector<std::string> models;
  for (const std::size_t i : cells) models.push_back(model_of(value.cells[i]));
  return join_and(models);
}

std::vector<std::size_t> best_and_tied(const model_ranking& c) {
  std::vector<std::size_t> cells = {c.best};
  cells.insert(cells.end(), c.tied.begin(), c.tied.end());
  return cells;
}

/// The cells that decide an answer: the tied ones, or the best and the next.
std::vector<std::size_t> deciding(const model_ranking& c) {
  std::vector<std::size_t> cells = best_and_tied(c);
  if (c.tied.empty() && c.next) cells.push_back(*c.next);
  return cells;
}

using in_flight_values = std::set<std::uint32_t>;

/// The in-flight values of each deciding model at the ranking's cores.
std::vector<in_flight_values> in_flight_of_each(const results& value, const panel& p,
                                                const model_ranking& c) {
  std::vector<in_flight_values> each;
  for (const std::size_t deciding_cell : deciding(c)) {
    in_flight_values in_flight;
    for (const std::size_t i : p.cells) {
      const cell_result& cell = value.cells[i];
      if (cell.model == value.cells[deciding_cell].model && cell.cores == c.cores &&
          cell.in_flight && interval_of(cell, "throughput"))
        in_flight.insert(*cell.in_flight);
    }
    each.push_back(std::move(in_flight));
  }
  return each;
}

in_flight_values shared_in_flight(const std::vector<in_flight_values>& each) {
  in_flight_values shared = each.front();
  for (const in_flight_values& values : each) {
    in_flight_values both;
    std::set_intersection(shared.begin(), shared.end(), values.begin(), values.end(),
                          std::inserter(both, both.end()));
    shared = std::move(both);
  }
  return shared;
}

std::string in_flight_text(const in_flight_values& values) {
  std::vector<std::string> texts;
  for (const std::uint32_t in_flight : values) texts.push_back(fmt::format("{}", in_flight));
  return join_and(texts);
}

/// The winner without the margin: "a and b tie", "a wins", "a is ahead".
std::string winner_at(const results& value, const model_ranking& c) {
  if (!c.tied.empty()) return fmt::format("{} tie", models_text(value, best_and_tied(c)));
  const std::string best = model_of(value.cells[c.best]);
  if (!c.next) return fmt::format("only {} was measured", best);
  return fmt::format("{} {}", best, c.proven ? "wins" : "is ahead");
}

/// Compares the deciding models at the in-flight values that they share. Returns the sentence, and
/// whether the winner differs or is unknown.
std::pair<std::string, bool> compare_at_shared_in_flight(const results& value, const panel& p,
                                                         const model_ranking& c) {
  const auto each = in_flight_of_each(value, p, c);
  const in_flight_values shared = shared_in_flight(each);
  const auto named = deciding(c);
  if (shared.empty()) {
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < named.size(); ++i)
      parts.push_back(
          fmt::format("{} with {}", model_of(value.cells[named[i]]), in_flight_text(each[i])));
    return {fmt::format(" They were measured at different concurrency ({}), which may explain the "
                        "difference.",
                        fmt::join(parts, ", ")),
            true};
  }
  panel common = p;
  std::erase_if(common.cells, [&](std::size_t i) {
    const cell_result& cell = value.cells[i];
    const bool is_named = std::any_of(named.begin(), named.end(), [&](std::size_t n) {
      return value.cells[n].model == cell.model;
    });
    return !is_named || !cell.in_flight || !shared.contains(*cell.in_flight);
  });
  const auto at_shared = compare_at(value, common, c.cores);
  if (!at_shared) return {};
  std::string outcome = winner_at(value, *at_shared);
  if (at_shared->tied.empty() && at_shared->lead)
    outcome += fmt::format(", {} the throughput of {}", ratio_text(*at_shared->lead),
                           model_of(value.cells[*at_shared->next]));
  return {
      fmt::format(
          " Not all were measured at the same concurrency. With {} in flight, which all have, {}.",
          in_flight_text(shared), outcome),
      winner_at(value, *at_shared) != winner_at(value, c)};
}

void add_cost_lines(const results& value, answer& to) {
  const cell_result& best = value.cells[to.at->best];
  const auto p50 = interval_of(best, "p50");
  const auto p99 = interval_of(best, "p99");
  std::string line;
  if (p50) line += fmt::format("latency p50 {}", figure_text(p50->mean, "s"));
  if (p99)
    line += fmt::format("{}p99 {}", line.empty() ? "latency " : ", ", figure_text(p99->mean, "s"));
  if (const auto cpu = interval_of(best, "cpu"))
    line += fmt::format("{}{} of CPU per operation", line.empty() ? "" : "; ",
                        figure_text(cpu->mean, "s"));
  if (!line.empty()) to.details.push_back(line);
}

/// Adds one line per series of consecutive core counts with the same winner.
void add_other_cores(const results& value, const std::vector<model_ranking>& rankings, answer& to) {
  std::vector<std::pair<std::string, std::vector<const model_ranking*>>> runs;
  for (const model_ranking& ranking : rankings) {
    if (ranking.cores == to.at->cores) continue;
    const std::string winner = winner_at(value, ranking);
    if (runs.empty() || runs.back().first != winner) runs.push_back({winner, {}});
    runs.back().second.push_back(&ranking);
  }
  for (const auto& [winner, run] : runs) {
    std::vector<std::string> counts;
    for (const model_ranking* r : run) counts.push_back(fmt::format("{}", r->cores));
    const model_ranking& c = *run[0];
    std::string line = fmt::format(
        "at {}: {}", run.size() == 1 ? counted(c.cores, "core") : join_and(counts) + " cores",
        winner);
    if (run.size() == 1 && c.tied.empty() && c.next && c.lead)
      line += fmt::format(", {} the throughput of {}", ratio_text(*c.lead),
                          model_of(value.cells[*c.next]));
    to.details.push_back(std::move(line));
  }
}

/// Adds the findings of the best and tied cells: one line per code, with the first cell's detail.
void add_caveats(const results& value, answer& to) {
  if (!to.at->proven)
    to.caveats.push_back(
        "a single repetition has no interval: measure again with --repetitions 5 or more");
  struct remark {
    finding first;
    std::vector<std::size_t> cells;
    bool same_detail = true;
  };
  std::vector<remark> remarks;
  for (const std::size_t i : best_and_tied(*to.at))
    for (const finding& f : value.cells[i].findings) {
      auto row = std::find_if(remarks.begin(), remarks.end(),
                              [&](const remark& r) { return r.first.code == f.code; });
      if (row == remarks.end()) row = remarks.insert(remarks.end(), remark{f, {}});
      if (row->cells.empty() || row->cells.back() != i) row->cells.push_back(i);
      row->same_detail = row->same_detail && row->first == f;
    }
  for (const remark& r : remarks)
    to.caveats.push_back(fmt::format("{}: {} ({}{})", models_text(value, r.cells),
                                     clipped(r.first.code, 60), clipped(r.first.detail, 200),
                                     r.same_detail         ? ""
                                     : r.cells.size() == 2 ? "; similar for the other"
                                     : r.cells.size() > 2  ? "; similar for the others"
                                                           : "; and more"));
}

std::size_t measured_repetitions(const results& value, const panel& p) {
  std::size_t repetitions = 0;
  for (const std::size_t i : p.cells)
    repetitions = std::max(repetitions, value.cells[i].samples.size());
  return repetitions;
}

void describe_missing(const results& value, const panel& p, answer& to) {
  std::size_t skipped = 0;
  std::size_t failed = 0;
  for (const std::size_t i : p.cells) {
    skipped += value.cells[i].status == cell_status::skipped;
    failed += value.cells[i].status == cell_status::failed;
  }
  to.headline = "no result";
  to.sentence = fmt::format("No result for {}: {} skipped, {} failed.", clipped(p.label, 80),
                            counted(skipped, "cell"), failed);
}

answer answer_for_models(const results& value, const panel& p, std::size_t index) {
  answer a;
  a.panel = index;
  const auto counts = core_counts(value, p);
  std::vector<model_ranking> rankings;
  for (const std::uint32_t count : counts)
    if (auto c = compare_at(value, p, count)) rankings.push_back(std::move(*c));
  if (rankings.empty()) {
    describe_missing(value, p, a);
    return a;
  }
  // The largest number of cores with at least two models; otherwise the largest.
  auto chosen = std::find_if(rankings.rbegin(), rankings.rend(),
                             [](const model_ranking& c) { return c.next || !c.tied.empty(); });
  if (chosen == rankings.rend()) chosen = rankings.rbegin();
  a.at = *chosen;
  const model_ranking& c = *a.at;
  const cell_result& best = value.cells[c.best];
  const std::string cores = counted(c.cores, "core");
  const std::string figure = interval_text(c.throughput, "1/s");
  if (!c.tied.empty()) {
    a.headline = fmt::format("tie: {}", models_text(value, best_and_tied(c)));
    a.sentence = fmt::format(
        "At {}, {} tie: their intervals overlap. {} has the highest mean, {}{}.", cores,
        models_text(value, best_and_tied(c)), model_of(best), figure, at_in_flight(best));
    if (c.next && c.lead)
      a.sentence +=
          fmt::format(" Next is {}: {} has {} its throughput.", model_of(value.cells[*c.next]),
                      model_of(best), ratio_text(*c.lead));
  } else if (!c.next) {
    a.headline = fmt::format("{}, the only model", model_of(best));
    a.sentence = fmt::format("At {}, {} reaches {}{}. No other model was measured there.", cores,
                             model_of(best), figure, at_in_flight(best));
  } else {
    a.headline =
        fmt::format("{}, {:.2f}× the next best", model_of(best), c.lead ? c.lead->mean : 1.0);
    a.sentence =
        fmt::format("At {}, {} {}: {}{}, {} the throughput of {}.", cores, model_of(best),
                    c.proven ? "wins" : "is ahead", figure, at_in_flight(best),
                    c.lead ? ratio_text(*c.lead) : "above", model_of(value.cells[*c.next]));
  }
  if (!best.samples.empty() && best.samples.front().rate)
    a.sentence += fmt::format(
        " Operations arrived at a fixed rate of {}, which throughput cannot exceed: compare "
        "latencies.",
        figure_text(*best.samples.front().rate, "1/s"));
  if (!c.same_concurrency) {
    const auto [sentence, differs] = compare_at_shared_in_flight(value, p, c);
    a.sentence += sentence;
    if (differs) a.headline += ", at different concurrency";
  }
  if (c.vs_reference)
    a.details.push_back(fmt::format("{} of the throughput of reference at {}",
                                    percent_text(c.vs_reference->mean), cores));
  add_cost_lines(value, a);
  add_other_cores(value, rankings, a);
  add_caveats(value, a);
  return a;
}

answer answer_for_family(const results& value, const panel& p, std::size_t index) {
  answer a;
  a.panel = index;
  const std::size_t n = measured_repetitions(value, p);
  std::optional<std::pair<std::size_t, interval>> low;
  std::optional<std::pair<std::size_t, interval>> high;
  for (const std::size_t i : p.cells) {
    const auto time = interval_of(value.cells[i], "time");
    if (!time) continue;
    if (!low || time->mean < low->second.mean) low.emplace(i, *time);
    if (!high || time->mean > high->second.mean) high.emplace(i, *time);
  }
  if (!low) {
    describe_missing(value, p, a);
    return a;
  }
  if (low->first == high->first) {
    a.headline = figure_text(low->second.mean, "s");
    a.sentence =
        fmt::format("{} takes {} per iteration.", clipped(value.cells[low->first].name, 80),
                    interval_text(low->second, "s"));
  } else {
    a.headline = fmt::format("{} to {}", figure_text(low->second.mean, "s"),
                             figure_text(high->second.mean, "s"));
    a.sentence =
        fmt::format("An iteration takes {} ({}) to {} ({}).", interval_text(low->second, "s"),
                    clipped(value.cells[low->first].name, 80), interval_text(high->second, "s"),
                    clipped(value.cells[high->first].name, 80));
  }
  if (n < 2)
    a.caveats.push_back(
        "a single repetition has no interval: run with --benchmark_repetitions=5 or more");
  for (const finding& f : value.cells[low->first].findings)
    a.caveats.push_back(fmt::format("{} ({})", clipped(f.code, 60), clipped(f.detail, 200)));
  return a;
}

}  // namespace

std::optional<model_ranking> compare_at(const results& value, const panel& p, std::uint32_t cores) {
  const std::vector<ranked_cell> order = ranked_at(value, p, cores);
  const auto is_reference = [&](const ranked_cell& s) {
    return value.cells[s.cell].model == name_of_reference;
  };
  const auto best = std::find_if_not(order.begin(), order.end(), is_reference);
  if (best == order.end()) return std::nullopt;
  const auto throughputs = [&](const ranked_cell& s) {
    return values_of(value.cells[s.cell], "throughput");
  };
  model_ranking c;
  c.cores = cores;
  c.best = best->cell;
  c.throughput = best->throughput;
  c.proven = best->throughput.lower.has_value();
  for (auto other = best + 1; other != order.end(); ++other) {
    if (is_reference(*other)) continue;
    const auto shared = overlap(best->throughput, other->throughput);
    if (shared.value_or(false)) {
      c.tied.push_back(other->cell);
      continue;
    }
    if (c.next) continue;
    c.next = other->cell;
    c.lead = ratio_interval(throughputs(*best), throughputs(*other));
    if (!shared) c.proven = false;
  }
  if (const auto reference = std::find_if(order.begin(), order.end(), is_reference);
      reference != order.end())
    c.vs_reference = ratio_interval(throughputs(*best), throughputs(*reference));
  const auto each = in_flight_of_each(value, p, c);
  c.same_concurrency = std::all_of(each.begin(), each.end(), [&](const in_flight_values& values) {
    return values == each.front();
  });
  return c;
}

std::vector<answer> answers_of(const results& value, const std::vector<panel>& panels) {
  std::vector<answer> answers;
  answers.reserve(panels.size());
  for (std::size_t i = 0; i < panels.size(); ++i)
    answers.push_back(value.foreign ? answer_for_family(value, panels[i], i)
                                    : answer_for_models(value, panels[i], i));
  return answers;
}

}  // namespace crossover
