#include "reports/contest_boxes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <span>
#include <tuple>

#include "reports/units.hpp"

namespace crossover {
namespace {

using axis_of_box = extent contest_box::*;
constexpr std::array axes = {&contest_box::in_flight, &contest_box::cores, &contest_box::wait,
                             &contest_box::cpu};

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

extent at(double place) { return {place, place}; }

contest_box box_of(const contest& c, std::size_t index) {
  contest_box b{.common = {c.workload, c.parameters, c.rate},
                .in_flight = at(c.in_flight.value_or(0)),
                .cores = at(c.cores.value_or(0)),
                .wait = {},
                .cpu = {},
                .answer = answer_key(c),
                .contests = {index}};
  const auto cpu = duration_of(c, "cpu"), wait = duration_of(c, "wait");
  if (cpu && wait) {
    b.common.parameters.erase("cpu");
    b.common.parameters.erase("wait");
    b.cpu = at(*cpu);
    b.wait = at(*wait);
  }
  return b;
}

bool overlap(const extent& a, const extent& b) { return a.from <= b.to && b.from <= a.to; }

/// Returns true if one of `between` is in the gap between two neighbours along the axis.
bool is_interrupted(axis_of_box axis, const contest_box& left, const contest_box& right,
                    std::span<const contest_box> between) {
  return std::any_of(between.begin(), between.end(), [&](const contest_box& other) {
    for (const axis_of_box across : axes)
      if (across != axis && !overlap(other.*across, left.*across)) return false;
    return (other.*axis).to > (left.*axis).to && (other.*axis).from < (right.*axis).from;
  });
}

/// Joins neighbours along the axis that have the same answer. `boxes` are of one workload. Boxes do
/// not overlap, so only those that begin between two neighbours can interrupt them.
void join_along(axis_of_box axis, std::vector<contest_box>& boxes) {
  std::stable_sort(boxes.begin(), boxes.end(), [&](const contest_box& a, const contest_box& b) {
    return (a.*axis).from < (b.*axis).from;
  });
  struct joined_boxes {
    std::size_t first, last;  ///< indices
  };
  std::map<std::vector<double>, joined_boxes> lines;  // latest by their extents on the other axes
  std::vector<bool> is_joined(boxes.size());
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    std::vector<double> across;
    for (const axis_of_box other : axes)
      if (other != axis)
        across.insert(across.end(), {(boxes[i].*other).from, (boxes[i].*other).to});
    const auto [line, is_new] = lines.try_emplace(across, joined_boxes{i, i});
    if (is_new) continue;
    auto& [first, last] = line->second;
    if (boxes[first].answer != boxes[i].answer ||
        is_interrupted(axis, boxes[first], boxes[i], std::span(boxes).subspan(last, i - last))) {
      first = last = i;
      continue;
    }
    (boxes[first].*axis).to = (boxes[i].*axis).to;
    boxes[first].contests.insert(boxes[first].contests.end(), boxes[i].contests.begin(),
                                 boxes[i].contests.end());
    last = i;
    is_joined[i] = true;
  }
  std::size_t at = 0;
  std::erase_if(boxes, [&](const contest_box&) { return is_joined[at++]; });
}

}  // namespace

std::vector<std::vector<contest_box>> boxes_of(const std::vector<contest>& contests) {
  const bool has_comparison = std::any_of(contests.begin(), contests.end(), [](const contest& c) {
    return c.verdict != contest_verdict::single;
  });
  std::vector<std::vector<contest_box>> groups;
  std::map<common_values, std::size_t> index;
  for (std::size_t i = 0; i < contests.size(); ++i) {
    if (has_comparison && contests[i].verdict == contest_verdict::single) continue;
    contest_box b = box_of(contests[i], i);
    const auto [position, inserted] = index.try_emplace(b.common, groups.size());
    if (inserted) groups.emplace_back();
    groups[position->second].push_back(std::move(b));
  }
  for (std::vector<contest_box>& boxes : groups) {
    for (const axis_of_box axis : axes) join_along(axis, boxes);
    std::stable_sort(boxes.begin(), boxes.end(), [](const contest_box& a, const contest_box& b) {
      const auto place = [](const contest_box& of) {
        return std::tuple(of.cpu.from, of.wait.from, of.cores.from, of.in_flight.from);
      };
      return place(a) < place(b);
    });
  }
  return groups;
}

}  // namespace crossover
