#include "tools/check/benchmark_blocks.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "tools/check/measure_pair.hpp"

namespace crossover {
namespace {

/// A benchmark waits if its CPU time is below this share of its real time in every repetition. One
/// of a few repetitions is seldom preempted.
constexpr double busy_share = 0.8;
constexpr double variance_ratio = 10;
constexpr double longest_min_time_s = 0.5;

double cpu_s_of(const sample& repetition) { return repetition.cpu_user_s.value_or(0); }

double time_of(const sample& repetition) {
  return repetition.wall_s / static_cast<double>(repetition.operations);
}

/// Returns whether a name has this part, such as "/real_time", up to its end or the next '/'.
bool has_part(std::string_view name, std::string_view part) {
  const std::size_t at = name.find(part);
  if (at == std::string_view::npos) return false;
  const std::string_view rest = name.substr(at + part.size());
  return rest.empty() || rest.front() == '/';
}

}  // namespace

std::string_view unsuited_name(std::string_view name) {
  if (has_part(name, "/real_time")) return "real time";
  if (has_part(name, "/manual_time")) return "manual time";
  if (has_part(name, "/process_time")) return "CPU time of all threads";
  if (has_part(name, "/repeats:1")) return "one repetition";
  if (name.find("/threads:") != std::string_view::npos && !has_part(name, "/threads:1"))
    return "several threads";
  return "";
}

std::string_view unsuited_outcome(const cell_result& outcome) {
  if (outcome.samples.size() < 2) return "one repetition";
  const bool waits =
      std::all_of(outcome.samples.begin(), outcome.samples.end(), [](const sample& repetition) {
        return cpu_s_of(repetition) < busy_share * repetition.wall_s;
      });
  return waits ? "waits" : "";
}

bool search_ended_early(const cell_result& outcome, double min_time_s) {
  const sample& last_run = outcome.samples.front();  // the search ends with the first repetition
  return cpu_s_of(last_run) < min_time_s && last_run.wall_s >= 5 * min_time_s;
}

double min_time_after_set_up(const cell_result& outcome, double min_time_s) {
  const double first_s = cpu_s_of(outcome.samples.front());
  const bool is_set_up = first_s >= min_time_s && outcome.samples.size() > 1 &&
                         std::all_of(outcome.samples.begin() + 1, outcome.samples.end(),
                                     [&](const sample& s) { return cpu_s_of(s) < min_time_s / 4; });
  // Steps let many benchmarks share a start.
  while (is_set_up && min_time_s < std::min(longest_min_time_s, 4 * first_s)) min_time_s *= 4;
  return is_set_up ? std::min(longest_min_time_s, min_time_s) : min_time_s;
}

bool take_failures(const std::string& name, const std::array<benchmark_outcomes, 2>& sides,
                   pair_block& block) {
  bool any = false;
  for (const int which : {0, 1})
    if (const auto outcome = sides[which].find(name);
        outcome != sides[which].end() && outcome->second.status == cell_status::failed) {
      block.failures[which] = outcome->second.reason;
      any = true;
    }
  return any;
}

std::vector<slice> slices_of_turns(const std::array<const cell_result*, 2>& sides,
                                   std::size_t first, const metric& judged) {
  const std::size_t repetitions = std::min(sides[0]->samples.size(), sides[1]->samples.size());
  std::vector<slice> slices;
  const auto add = [&](std::size_t which, std::size_t number) {
    sample repetition = sides[which]->samples[number];
    repetition.wall_s = cpu_s_of(repetition);  // the real time of a frozen process says nothing
    slices.push_back(judged_slice(which == 0 ? side::baseline : side::candidate, *sides[which],
                                  repetition, judged));
  };
  for (std::size_t number = 0; number + 1 < repetitions; number += 2) {
    add(first, number);
    add(1 - first, number);
    add(1 - first, number + 1);
    add(first, number + 1);
  }
  return slices;
}

std::vector<slice> slices_of_processes(const std::array<const cell_result*, 2>& sides,
                                       std::size_t first, const metric& judged) {
  const auto half = [&](std::size_t which, bool is_later) {
    std::vector<sample> repetitions = sides[which]->samples;
    const auto split = repetitions.begin() + static_cast<std::ptrdiff_t>(repetitions.size() / 2);
    if (repetitions.size() > 1)
      is_later ? repetitions.erase(repetitions.begin(), split)
               : repetitions.erase(split, repetitions.end());
    const auto middle = repetitions.begin() + static_cast<std::ptrdiff_t>(repetitions.size() / 2);
    std::nth_element(repetitions.begin(), middle, repetitions.end(),
                     [](const sample& a, const sample& b) { return time_of(a) < time_of(b); });
    return judged_slice(which == 0 ? side::baseline : side::candidate, *sides[which], *middle,
                        judged);
  };
  return {half(first, false), half(1 - first, false), half(1 - first, true), half(first, true)};
}

int best_repetitions(double start_s, double repetition_s) {
  const double best = std::sqrt(start_s / repetition_s * variance_ratio);
  return 2 * static_cast<int>(
                 std::lround(std::clamp<double>(best, min_repetitions, max_repetitions) / 2));
}

}  // namespace crossover
