#include "reports/questions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "bench/results/findings.hpp"
#include "reports/contest_boxes.hpp"
#include "reports/contest_text.hpp"
#include "reports/escape.hpp"
#include "reports/units.hpp"

namespace crossover {
namespace {

/// Models with less than this share of their own throughput at fewer in flight have collapsed.
constexpr double collapsed = 0.5;

std::string range_text(const extent& of, const auto& text) {
  return of.from == of.to ? text(of.to) : fmt::format("{} to {}", text(of.from), text(of.to));
}

std::string title_of(const contest_box& b, bool has_machine) {
  auto parameters = b.common.parameters;
  if (has_machine) parameters.erase("machine");
  std::string title = question_text(b.common.workload, parameters);
  const auto seconds = [](double s) { return figure_text(s, "s"); };
  if (b.cpu.to > 0 || b.wait.to > 0)
    title +=
        fmt::format(" {} CPU, {} wait", range_text(b.cpu, seconds), range_text(b.wait, seconds));
  return title;
}

std::string place_of(const contest_box& b, const contest& shown) {
  const auto count = [](double n) { return fmt::format("{:.0f}", n); };
  std::vector<std::string> parts;
  if (b.cores.to > 0)
    parts.push_back(range_text(b.cores, count) + (b.cores.to > 1 ? " cores" : " core"));
  if (b.in_flight.to > 0) parts.push_back(range_text(b.in_flight, count) + " in flight");
  if (std::string hosts = hosts_text(shown); !hosts.empty()) parts.push_back(std::move(hosts));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::size_t ranked_count_of(const contest& c) {
  return static_cast<std::size_t>(std::count_if(c.models.begin(), c.models.end(),
                                                [](const contender& m) { return !m.has_errors; }));
}

std::string answer_of(const contest& c) {
  const auto leaders = leaders_of(c);
  switch (c.verdict) {
    case contest_verdict::best:
      if (c.models.size() > 1 && !c.models[1].has_errors && c.models[0].to_best) {
        const double ratio = c.models[0].to_best->ratio;
        return fmt::format("{}, {} × {}", model_text(c.models[0].model),
                           ratio < 1.01 ? fmt::format("{:.3f}", ratio) : figure_text(ratio, "1"),
                           model_text(c.models[1].model));
      }
      break;
    case contest_verdict::equivalent:
      if (leaders.size() == ranked_count_of(c)) break;
      return leaders.size() > 2
                 ? fmt::format("{} of {} equivalent", leaders.size(), ranked_count_of(c))
                 : fmt::format("{}, {}", model_text(leaders[0]->model),
                               model_text(leaders[1]->model));
    case contest_verdict::capped:
      if (c.why == verdict_reason::ceiling) return "all reach the ceiling";
      if (c.why == verdict_reason::rate) return "all keep up with the rate";
      break;
    case contest_verdict::cannot_tell:
      if (c.why != verdict_reason::scatter) break;
      if (leaders.size() == 2)
        return fmt::format("{} or {}", model_text(leaders[0]->model),
                           model_text(leaders[1]->model));
      return leaders.size() == ranked_count_of(c)
                 ? "no difference shown"
                 : fmt::format("one of {}, not separated", leaders.size());
    case contest_verdict::single:
      break;
  }
  return verdict_text(c);
}

/// The models that are shown to be slower, with the smallest of their bounds: "thread_pool and
/// processes at least 35 % slower". The runner-up of a best model is in the answer already, and
/// collapsed models are in `collapses`.
std::string slower_text(const contest& c, const std::string& collapses) {
  std::vector<std::string> names;
  double least = 1;
  for (const contender& model : c.models) {
    if (model.shown != model_class::slower) continue;
    if (c.verdict == contest_verdict::best && &model == &c.models[1]) continue;
    if (collapses.find(model_text(model.model)) != std::string::npos) continue;
    names.push_back(model_text(model.model));
    least = std::min(least, model.slower_by_at_least);
  }
  if (names.empty()) return {};
  return fmt::format("{} at least {:.0f} % slower", names.size() > 2 ? "others" : join_and(names),
                     std::max(1.0, std::floor(100 * least)));
}

/// Contests that differ only in flight share these.
using axis_place = std::pair<std::map<std::string, std::string>, std::optional<std::uint32_t>>;
/// Names of models by the smallest number in flight with less than half of the throughput that they
/// reach with fewer.
using collapses_by_place = std::map<std::uint32_t, std::vector<std::string>>;

axis_place axis_place_of(const contest& c) { return {c.parameters, c.cores}; }

std::map<axis_place, collapses_by_place> collapses_of(const std::vector<contest_box>& group,
                                                      const std::vector<contest>& contests) {
  std::map<axis_place, std::map<std::uint32_t, const contest*>> by_place;
  for (const contest_box& b : group)
    for (const std::size_t i : b.contests)
      if (const contest& c = contests[i]; c.in_flight)
        by_place[axis_place_of(c)][*c.in_flight] = &c;
  std::map<axis_place, collapses_by_place> collapses;
  for (const auto& [place, along] : by_place) {
    std::map<std::string, double> highest;
    std::set<std::string> known;
    for (const auto& [in_flight, c] : along)
      for (const contender& model : c->models) {
        if (!model.throughput) continue;
        double& top = highest[model.model];
        if (*model.throughput < collapsed * top && known.insert(model.model).second)
          collapses[place][in_flight].push_back(model_text(model.model));
        top = std::max(top, *model.throughput);
      }
  }
  return collapses;
}

std::string collapse_text(const contest_box& b, const collapses_by_place& collapses) {
  std::vector<std::string> parts;
  for (const auto& [in_flight, models] : collapses)
    if (in_flight >= b.in_flight.from && in_flight <= b.in_flight.to)
      parts.push_back(fmt::format("{} collapse{} at {}", join_and(models),
                                  models.size() == 1 ? "s" : "", in_flight));
  return fmt::format("{}", fmt::join(parts, "; "));
}

/// " on node2" if not every host has the finding.
std::string on_host_text(const results& value, const finding& f) {
  return f.host ? " on " + clipped(value.hosts[*f.host].name, 60) : std::string();
}

/// Findings that make the figures of a model not its own: "event_loop: the server was the limit".
std::string doubt_text(const results& value, const contest& c) {
  std::map<std::string, std::vector<std::string>> models;
  for (const contender& model : c.models)
    for (const finding& f : value.cells[model.cell].findings)
      if (const finding_type* const type = find_finding(f.code);
          type != nullptr && type->effect == finding_effect::invalidates)
        models[fmt::format("{}{}", type->meaning, on_host_text(value, f))].push_back(
            model_text(model.model));
  std::vector<std::string> parts;
  for (const auto& [meaning, names] : models)
    parts.push_back(fmt::format("{}: {}", join_and(names), meaning));
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string undecided_text(const contest& c) {
  const bool is_open =
      c.hosts_wanted.value_or(0) > c.hosts || c.blocks_wanted.value_or(0) > c.blocks;
  if (c.why != verdict_reason::scatter || !is_open) return {};
  const std::string wanted = wanted_text(c);
  return wanted.empty()
             ? fmt::format("within the scatter of {}",
                           c.hosts_wanted ? counted(c.hosts, "host") : counted(c.blocks, "block"))
             : fmt::format("not separated yet, about {}", wanted);
}

std::string cheapest_text_of(const contest& c) {
  std::vector<std::string> names;
  for (const contender* model : leaders_of(c)) names.push_back(model_text(model->model));
  return names.empty() ? std::string()
                       : fmt::format("{} need{} the least CPU", join_and(names),
                                     names.size() == 1 ? "s" : "");
}

std::string failed_text(const results& value, const contest& c) {
  std::vector<std::string> names;
  for (const std::size_t cell : c.failed)
    names.push_back(model_text(value.cells[cell].model_label()));
  return names.empty() ? std::string() : join_and(names) + " failed";
}

std::string remark_of(const results& value, const contest_box& b, const contest& c,
                      const collapses_by_place& of_axis) {
  std::vector<std::string> parts;
  const auto add = [&](std::string text) {
    if (!text.empty()) parts.push_back(std::move(text));
  };
  if (c.why == verdict_reason::server_bound) return "not ranked; the server needs more CPUs";
  if (c.verdict == contest_verdict::capped) {
    add(figure_text(c.why == verdict_reason::rate ? *c.rate : *c.ceiling, "1/s"));
    add(cheapest_text_of(c));
  }
  if (c.verdict == contest_verdict::equivalent && leaders_of(c).size() < ranked_count_of(c))
    add(fmt::format("equivalent within {:.3g} %", 100 * c.equal));
  add(undecided_text(c));
  const std::string collapses = collapse_text(b, of_axis);
  add(collapses);
  add(slower_text(c, collapses));
  add(doubt_text(value, c));
  for (const contender& model : c.models)
    if (model.has_errors) add(model_text(model.model) + " not ranked: operations failed");
  add(failed_text(value, c));
  if (c.of_reference && c.verdict != contest_verdict::capped && parts.size() < 2)
    add(fmt::format("{:.2f} of reference", c.of_reference->ratio));
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string cost_of(const contest& c) {
  if (c.models.empty()) return {};
  std::vector<std::string> parts;
  if (c.models.front().cpu_s) parts.push_back(figure_text(*c.models.front().cpu_s, "s"));
  if (c.models.front().memory_bytes)
    parts.push_back(figure_text(*c.models.front().memory_bytes, "bytes"));
  return fmt::format("{}", fmt::join(parts, " · "));
}

}  // namespace

std::vector<question> questions_of(const results& value, const answer_set& all) {
  std::map<std::size_t, std::size_t> panel_of;
  for (const answer& a : all.answers)
    for (const std::size_t i : a.contests) panel_of[i] = a.panel;
  std::vector<question> rows;
  for (const std::vector<contest_box>& boxes : boxes_of(all.contests)) {
    std::map<axis_place, collapses_by_place> collapses = collapses_of(boxes, all.contests);
    for (const contest_box& b : boxes) {
      const contest& shown = all.contests[b.contests.back()];
      std::set<std::size_t> panels;
      for (const std::size_t i : b.contests) panels.insert(panel_of.at(i));
      const std::string& machine =
          value.cells[shown.models.empty() ? shown.failed.front() : shown.models.front().cell]
              .machine;
      rows.push_back(
          {b.contests,
           {panels.begin(), panels.end()},
           machine,
           title_of(b, !machine.empty()),
           place_of(b, shown),
           answer_of(shown),
           remark_of(value, b, shown, collapses[axis_place_of(shown)]),
           cost_of(shown),
           shown.verdict == contest_verdict::best ? shown.models.front().model : std::string()});
    }
  }
  return rows;
}

std::vector<question> first_of(const std::vector<question>& rows, std::size_t limit) {
  if (rows.size() <= limit) return rows;
  std::map<std::size_t, std::vector<std::size_t>> of_panel;  // last row first
  for (std::size_t i = rows.size(); i-- > 0;) of_panel[rows[i].panels.front()].push_back(i);
  std::set<std::size_t> kept;
  for (std::size_t turn = 0; kept.size() < limit; ++turn)
    for (const auto& [panel, indices] : of_panel)
      if (turn < indices.size() && kept.size() < limit) kept.insert(indices[turn]);
  std::vector<question> first;
  for (const std::size_t i : kept) first.push_back(rows[i]);
  return first;
}

std::set<std::size_t> cells_shown(const std::vector<question>& rows, const answer_set& all) {
  std::set<std::size_t> shown;
  for (const question& row : rows)
    for (const contender& model : all.contests[row.contests.back()].models)
      shown.insert(model.cell);
  return shown;
}

}  // namespace crossover
