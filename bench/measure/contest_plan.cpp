#include "bench/measure/contest_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

namespace crossover {
namespace {

/// Skips models that equal another model of the contest on one core.
void skip_equal_models(std::vector<planned_cell>& cells, planned_contest& c) {
  std::erase_if(c.cells, [&](std::size_t i) {
    const std::string_view same = model_type_of(cells[i])->same_on_one_core;
    const bool met = !same.empty() && *cells[i].cores == 1 &&
                     std::any_of(c.cells.begin(), c.cells.end(),
                                 [&](std::size_t j) { return cells[j].model == same; });
    if (met) cells[i].skip_reason = fmt::format("on one core it is {}", same);
    return met;
  });
}

/// Moves each model with many workers into a separate contest with `reference`.
void split(std::vector<planned_cell>& cells, std::vector<planned_contest>& contests,
           std::size_t k) {
  std::vector<std::size_t> large, limit, rest;
  for (const std::size_t i : contests[k].cells)
    (model_type_of(cells[i])->lower_bound          ? limit
     : workers_of(cells[i]) > max_workers_together ? large
                                                   : rest)
        .push_back(i);
  if (large.empty() || large.size() + rest.size() < 2) return;
  if (rest.empty()) {
    rest.push_back(large.back());
    large.pop_back();
  }
  contests[k].cells = rest;
  contests[k].cells.insert(contests[k].cells.end(), limit.begin(), limit.end());
  for (const std::size_t i : large) {
    cells[i].findings.push_back(
        {"split", fmt::format("{} workers are too many to wait beside other models: measured in "
                              "blocks of their own{}",
                              workers_of(cells[i]), limit.empty() ? "" : ", with reference")});
    planned_contest part;
    part.number = contests[k].number;
    part.cells = limit;
    part.cells.push_back(i);
    contests.push_back(part);
  }
}

}  // namespace

std::vector<planned_contest> plan_contests(std::vector<planned_cell>& cells) {
  using place = std::tuple<std::string, std::map<std::string, std::string>, std::uint32_t,
                           std::uint32_t, double>;
  std::vector<planned_contest> contests;
  std::map<place, std::size_t> numbers;  // in `contests`
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!cells[i].skip_reason.empty()) continue;
    const auto [found, fresh] =
        numbers.emplace(place{cells[i].workload, cells[i].parameters, *cells[i].cores,
                              *cells[i].in_flight, cells[i].rate},
                        contests.size());
    if (fresh) contests.emplace_back().number = found->second;
    contests[found->second].cells.push_back(i);
  }
  for (planned_contest& c : contests) skip_equal_models(cells, c);
  for (std::size_t k = 0; k < contests.size(); ++k) split(cells, contests, k);
  return contests;
}

double expected_seconds(const cell_spec& cell, const block_options& plan) {
  const double delay_s = min_operation_s(cell);
  const double start_s = 0.02 + 0.0005 * workers_of(cell);
  const double slice_s = std::max(plan.seconds / 2, 4 * delay_s) + 0.005 + 1.5 * delay_s;
  return start_s + plan.warm_up_s + 3 * delay_s + 2 * slice_s;
}

}  // namespace crossover
