#include "reports/questions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

#include "bench/results/findings.hpp"
#include "reports/contest_text.hpp"
#include "reports/escape.hpp"
#include "reports/units.hpp"

namespace crossover {
namespace {

enum axis_index { by_in_flight, by_cores, by_wait, by_cpu };
constexpr std::array axes = {by_in_flight, by_cores, by_wait, by_cpu};

struct extent {
  double from = 0, to = 0;
  bool operator==(const extent&) const = default;
};

/// Everything that contests of one row have in common, apart from the axes.
using common_values =
    std::tuple<std::string, std::map<std::string, std::string>, std::optional<double>>;

/// Contests that fill a box of the axes and have the same answer.
struct box {
  common_values common;
  std::array<extent, axes.size()> extents;
  std::string answer;  ///< verdict and leading models
  std::vector<std::size_t> contests;
};

/// Models with less than this share of their own throughput at fewer in flight have collapsed.
constexpr double collapsed = 0.5;

std::optional<double> duration_of(const contest& c, const char* parameter) {
  const auto found = c.parameters.find(parameter);
  return found == c.parameters.end() ? std::nullopt : seconds_of(found->second);
}

std::string answer_key(const contest& c) {
  std::string key = fmt::format("{} {}", name_of(c.verdict), name_of(c.why));
  if (c.verdict == contest_verdict::capped) return key;
  std::set<std::string> leaders;
  for (const contender* model : leaders_of(c)) leaders.insert(model->model);
  return fmt::format("{} {}", key, fmt::join(leaders, " "));
}

box box_of(const contest& c, std::size_t index) {
  box b{{c.workload, c.parameters, c.rate}, {}, answer_key(c), {index}};
  const auto cpu = duration_of(c, "cpu"), wait = duration_of(c, "wait");
  if (cpu && wait) {
    std::get<1>(b.common).erase("cpu");
    std::get<1>(b.common).erase("wait");
  }
  const auto place = [&](axis_index axis, double at) { b.extents[axis] = {at, at}; };
  place(by_in_flight, c.in_flight.value_or(0));
  place(by_cores, c.cores.value_or(0));
  place(by_cpu, cpu && wait ? *cpu : 0);
  place(by_wait, cpu && wait ? *wait : 0);
  return b;
}

bool differ_only_along(axis_index axis, const box& a, const box& b) {
  if (a.common != b.common) return false;
  for (const axis_index other : axes)
    if (other != axis && a.extents[other] != b.extents[other]) return false;
  return true;
}

bool overlap(const extent& a, const extent& b) { return a.from <= b.to && b.from <= a.to; }

/// Returns true if another box is in the gap between two neighbours along the axis.
bool is_interrupted(axis_index axis, const box& left, const box& right,
                    const std::vector<box>& boxes) {
  return std::any_of(boxes.begin(), boxes.end(), [&](const box& other) {
    if (&other == &left || &other == &right || other.common != left.common) return false;
    for (const axis_index across : axes)
      if (across != axis && !overlap(other.extents[across], left.extents[across])) return false;
    return other.extents[axis].to > left.extents[axis].to &&
           other.extents[axis].from < right.extents[axis].from;
  });
}

/// Joins neighbours along the axis that have the same answer. `boxes` are of one workload.
void join_along(axis_index axis, std::vector<box>& boxes) {
  std::stable_sort(boxes.begin(), boxes.end(), [&](const box& a, const box& b) {
    return a.extents[axis].from < b.extents[axis].from;
  });
  for (std::size_t i = 0; i < boxes.size(); ++i)
    for (std::size_t j = i + 1; j < boxes.size();) {
      if (boxes[i].answer != boxes[j].answer || !differ_only_along(axis, boxes[i], boxes[j]) ||
          is_interrupted(axis, boxes[i], boxes[j], boxes)) {
        ++j;
        continue;
      }
      boxes[i].extents[axis].to = boxes[j].extents[axis].to;
      boxes[i].contests.insert(boxes[i].contests.end(), boxes[j].contests.begin(),
                               boxes[j].contests.end());
      boxes.erase(boxes.begin() + static_cast<std::ptrdiff_t>(j));
    }
}

std::string range_text(const extent& of, const auto& text) {
  return of.from == of.to ? text(of.to) : fmt::format("{} to {}", text(of.from), text(of.to));
}

std::string title_of(const box& b) {
  const auto& [workload, parameters, rate] = b.common;
  std::string title = question_text(workload, parameters);
  const auto seconds = [](double s) { return figure_text(s, "s"); };
  if (b.extents[by_cpu].to > 0 || b.extents[by_wait].to > 0)
    title += fmt::format(" {} CPU, {} wait", range_text(b.extents[by_cpu], seconds),
                         range_text(b.extents[by_wait], seconds));
  return title;
}

std::string place_of(const box& b) {
  const auto count = [](double n) { return fmt::format("{:.0f}", n); };
  std::vector<std::string> parts;
  if (const extent& cores = b.extents[by_cores]; cores.to > 0)
    parts.push_back(range_text(cores, count) + (cores.to > 1 ? " cores" : " core"));
  if (const extent& in_flight = b.extents[by_in_flight]; in_flight.to > 0)
    parts.push_back(range_text(in_flight, count) + " in flight");
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

/// Models whose throughput falls below half of what they reach with fewer in flight.
std::string collapse_text(const box& b, const std::vector<contest>& contests,
                          const std::vector<std::size_t>& of_workload) {
  const contest& shown = contests[b.contests.back()];
  std::map<std::uint32_t, const contest*> by_place;
  for (const std::size_t i : of_workload) {
    const contest& c = contests[i];
    if (c.in_flight && c.parameters == shown.parameters && c.cores == shown.cores &&
        c.rate == shown.rate)
      by_place[*c.in_flight] = &c;
  }
  std::map<std::string, double> highest;
  std::map<std::uint32_t, std::vector<std::string>> names;
  std::set<std::string> known;
  for (const auto& [in_flight, c] : by_place)
    for (const contender& model : c->models) {
      if (!model.throughput) continue;
      double& top = highest[model.model];
      if (*model.throughput < collapsed * top && known.insert(model.model).second)
        names[in_flight].push_back(model_text(model.model));
      top = std::max(top, *model.throughput);
    }
  std::vector<std::string> parts;
  for (const auto& [in_flight, models] : names)
    if (in_flight >= b.extents[by_in_flight].from && in_flight <= b.extents[by_in_flight].to)
      parts.push_back(fmt::format("{} collapse{} at {}", join_and(models),
                                  models.size() == 1 ? "s" : "", in_flight));
  return fmt::format("{}", fmt::join(parts, "; "));
}

/// Findings that make the figures of a model not its own: "event_loop: the server was the limit".
std::string doubt_text(const results& value, const contest& c) {
  std::map<std::string_view, std::vector<std::string>> models;
  for (const contender& model : c.models)
    for (const finding& f : value.cells[model.cell].findings)
      if (const finding_type* const type = find_finding(f.code);
          type != nullptr && type->effect == finding_effect::invalidates)
        models[type->meaning].push_back(model_text(model.model));
  std::vector<std::string> parts;
  for (const auto& [meaning, names] : models)
    parts.push_back(fmt::format("{}: {}", join_and(names), meaning));
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string undecided_text(const contest& c) {
  if (c.why != verdict_reason::scatter || !c.blocks_wanted || *c.blocks_wanted <= c.blocks)
    return {};
  const std::size_t more = *c.blocks_wanted - c.blocks;
  return more > 5 * c.blocks
             ? fmt::format("within the scatter of {}", counted(c.blocks, "block"))
             : fmt::format("not separated yet, about {}", counted(more, "more block"));
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

std::string remark_of(const results& value, const box& b, const std::vector<contest>& contests,
                      const std::vector<std::size_t>& of_workload) {
  const contest& c = contests[b.contests.back()];
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
  const std::string collapses = collapse_text(b, contests, of_workload);
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
  const std::vector<contest>& contests = all.contests;
  const bool has_comparison = std::any_of(contests.begin(), contests.end(), [](const contest& c) {
    return c.verdict != contest_verdict::single;
  });
  std::map<std::size_t, std::size_t> panel_of;
  for (const answer& a : all.answers)
    for (const std::size_t i : a.contests) panel_of[i] = a.panel;
  std::vector<std::vector<box>> groups;  // by workload, in order of appearance
  std::map<common_values, std::size_t> index;
  for (std::size_t i = 0; i < contests.size(); ++i) {
    if (has_comparison && contests[i].verdict == contest_verdict::single) continue;
    box b = box_of(contests[i], i);
    const auto [position, inserted] = index.try_emplace(b.common, groups.size());
    if (inserted) groups.emplace_back();
    groups[position->second].push_back(std::move(b));
  }
  std::vector<question> rows;
  for (std::vector<box>& boxes : groups) {
    std::vector<std::size_t> of_workload;
    for (const box& b : boxes) of_workload.push_back(b.contests.front());
    for (const axis_index axis : axes) join_along(axis, boxes);
    std::stable_sort(boxes.begin(), boxes.end(), [](const box& a, const box& b) {
      const auto place = [](const box& of) {
        return std::tuple(of.extents[by_cpu].from, of.extents[by_wait].from,
                          of.extents[by_cores].from, of.extents[by_in_flight].from);
      };
      return place(a) < place(b);
    });
    for (const box& b : boxes) {
      const contest& shown = contests[b.contests.back()];
      std::set<std::size_t> panels;
      for (const std::size_t i : b.contests) panels.insert(panel_of.at(i));
      rows.push_back(
          {b.contests,
           {panels.begin(), panels.end()},
           title_of(b),
           place_of(b),
           answer_of(shown),
           remark_of(value, b, contests, of_workload),
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

std::string leading_text(const answer_set& all) {
  if (all.questions == 0) return {};
  if (all.decided == 0) return "No question is decided yet.";
  std::map<std::string, std::size_t> led;
  for (const contest& c : all.contests)
    if (c.is_decided())
      for (const contender* model : leaders_of(c)) ++led[model->model];
  std::vector<std::pair<std::string, std::size_t>> order(led.begin(), led.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  if (order.empty()) return {};
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < std::min<std::size_t>(3, order.size()); ++i)
    parts.push_back(i == 0 ? fmt::format("{} leads or is equivalent in {} of {}",
                                         model_text(order[i].first), order[i].second,
                                         counted(all.questions, "question"))
                           : fmt::format("{} in {}", model_text(order[i].first), order[i].second));
  return fmt::format("{}.", fmt::join(parts, ", "));
}

std::set<std::size_t> cells_shown(const std::vector<question>& rows, const answer_set& all) {
  std::set<std::size_t> shown;
  for (const question& row : rows)
    for (const contender& model : all.contests[row.contests.back()].models)
      shown.insert(model.cell);
  return shown;
}

std::string findings_text(const results& value, const std::set<std::size_t>& shown) {
  std::map<std::string, std::size_t> counts;
  for (std::size_t i = 0; i < value.cells.size(); ++i) {
    std::set<std::string> codes;
    for (const finding& f : value.cells[i].findings) codes.insert(f.code);
    for (const std::string& code : codes) {
      const finding_type* const type = find_finding(code);
      const bool is_mentioned =
          type != nullptr && type->effect == finding_effect::invalidates && shown.contains(i);
      if (!is_mentioned && (type == nullptr || type->effect != finding_effect::explains))
        ++counts[code];
    }
  }
  std::vector<std::pair<std::string, std::size_t>> order(counts.begin(), counts.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> parts;
  for (const auto& [code, count] : order) {
    const finding_type* const type = find_finding(code);
    parts.push_back(fmt::format("{} in {}{}", clipped(code, 60), counted(count, "cell"),
                                type == nullptr ? "" : fmt::format(" ({})", type->meaning)));
    if (parts.size() == 6) break;
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace crossover
