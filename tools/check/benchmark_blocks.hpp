#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "bench/results/metrics.hpp"
#include "bench/results/results.hpp"
#include "reports/check/paired_cells.hpp"

namespace crossover {

/// Outcomes of the benchmarks of one process, by name. Those that it did not reach are absent.
using benchmark_outcomes = std::map<std::string, cell_result>;

/// Returns why a benchmark cannot be measured alternately, by its name: real or manual time,
/// several threads, one repetition. "" if nothing in the name forbids it.
std::string_view unsuited_name(std::string_view name);

/// Returns why a benchmark cannot be measured alternately, by its repetitions in a process that was
/// not frozen: it waits, or gives fewer than two. "" if nothing in them forbids it.
std::string_view unsuited_outcome(const cell_result& outcome);

/// Returns whether Google Benchmark's search for the number of iterations ended too early, because
/// the process was frozen: at five times the minimum time it accepts a run of any CPU time. Its
/// repetitions may be so short that the clock decides them.
bool search_ended_early(const cell_result& outcome, double min_time_s);

/// Returns a minimum time so long that the search for the number of iterations does not end in the
/// run that also sets the benchmark up, for example builds its data: at least four times that run,
/// at most 0.5 s (Google Benchmark's default). Returns `min_time_s` if the search went on, as the
/// CPU times of the later repetitions show.
double min_time_after_set_up(const cell_result& outcome, double min_time_s);

/// Copies the failures of a benchmark, old side first, into a block; returns whether there are any.
bool take_failures(const std::string& name, const std::array<benchmark_outcomes, 2>& sides,
                   pair_block& block);

/// Returns the slices of two processes that took turns, old side first: each repetition's CPU time
/// per iteration, paired by their numbers in groups of four. `first`: side of the first turn.
std::vector<slice> slices_of_turns(const std::array<const cell_result*, 2>& sides,
                                   std::size_t first, const metric& judged);

/// Returns the slices of two processes that ran in sequence without a pause: the medians of each
/// one's earlier and later repetitions, as one group of four. `first`: side that ran first.
std::vector<slice> slices_of_processes(const std::array<const cell_result*, 2>& sides,
                                       std::size_t first, const metric& judged);

/// Limits of `best_repetitions`.
inline constexpr int min_repetitions = 4, max_repetitions = 60;

/// Returns the even number of repetitions per block that minimises the scatter in a given time:
/// sqrt(start / repetition * variance within blocks / variance between them) (Kalibera & Jones
/// 2013, "Rigorous benchmarking in reasonable time", section 6). `start_s`: time of a block without
/// repetitions. The ratio of the variances is taken as 10: twelve ordinary benchmarks had 2 to 55,
/// with a median of 11.
int best_repetitions(double start_s, double repetition_s);

}  // namespace crossover
