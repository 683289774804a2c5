#include "tools/check/pair_benchmarks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <random>
#include <set>

#include "bench/measure/benchmark_process.hpp"
#include "bench/measure/machine.hpp"
#include "bench/measure/name_filter.hpp"
#include "reports/check/judged_metric.hpp"
#include "reports/check/match_cells.hpp"
#include "reports/environment_differences.hpp"
#include "tools/check/benchmark_blocks.hpp"
#include "tools/check/list_benchmarks.hpp"
#include "tools/check/measure_pair.hpp"
#include "tools/check/process_timeout.hpp"
#include "tools/check/program_copies.hpp"
#include "workloads/base/clock.hpp"

namespace crossover {
namespace {

/// Length of a turn, and minimum time of a repetition. A process is frozen for at most two turns at
/// a time. Google Benchmark ends the search for the number of iterations too early if a run takes
/// five times the minimum time because it was frozen.
constexpr double turn_s = 0.003;
/// Minimum time of a repetition in a whole process.
constexpr double process_min_time_s = 0.02;
/// Repetitions of a process in the first look.
constexpr int process_repetitions = 3;
/// Maximum searches for the number of iterations in a round, if they end too early.
constexpr int max_searches = 3;

double seconds_since(std::int64_t begin_ns) {
  return static_cast<double>(now_ns() - begin_ns) * 1e-9;
}

/// A benchmark that both programs have.
struct paired_benchmark {
  std::string name;
  std::string unsuited;     ///< why it is measured in whole processes; "": alternately
  bool runs_alone = false;  ///< in this round: with others, its processes gave no results
  double repetition_s = 0;  ///< time of one repetition of both programs
  double min_time_s = turn_s;
  int searches = 0;  ///< searches in this round that ended early
  pair_block first_look = {};
  std::optional<pair_block> block = {};  ///< measured, but not yet asked for
};

class benchmark_pair {
 public:
  benchmark_pair(const side_links& programs, const benchmark_pair_options& options,
                 check_result& unmatched)
      : programs_(programs),
        options_(options),
        judged_(judged_metric(options.metric)),
        unmatched_(unmatched),
        copier_(programs) {
    random_.seed(options.seed);
    copier_.add_note(unmatched.notes);
    const auto [old_list, new_list] =
        list_benchmarks(programs, name_filter(options.filter), options.timeout_s);
    if (old_list.cells.empty() && new_list.cells.empty())
      throw error(
          error_kind::unreadable,
          fmt::format("{} and {}: no benchmark listed{}", programs[0].front(), programs[1].front(),
                      options.filter.empty() ? "" : " that --benchmark_filter matches"));
    for (const cell_pair& pair : match_cells(old_list, new_list, unmatched)) {
      benchmark_of_[pair.candidate->name] = benchmarks_.size();
      benchmarks_.push_back({.name = pair.candidate->name,
                             .unsuited = std::string(unsuited_name(pair.candidate->name))});
    }
    for (const int which : {0, 1})
      for (const cell_result& cell : (which == 0 ? old_list : new_list).cells)
        if (const auto known = benchmark_of_.find(cell.name); known != benchmark_of_.end())
          if (std::find(order_[which].begin(), order_[which].end(), known->second) ==
              order_[which].end())
            order_[which].push_back(known->second);
  }

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const paired_benchmark& benchmark : benchmarks_) all.push_back(benchmark.name);
    return all;
  }

  pair_block prepare(std::size_t i) {
    if (!std::exchange(has_looked_, true)) look();
    return benchmarks_[i].first_look;
  }

  void begin_round(const std::vector<std::size_t>& cells) {
    pending_ = {cells.begin(), cells.end()};
    for (paired_benchmark& benchmark : benchmarks_) {
      benchmark.block.reset();
      benchmark.runs_alone = false;
      benchmark.searches = 0;
    }
  }

  pair_block measure(std::size_t i, std::uint64_t round) {
    pair_ = round % programs_[0].size();
    paired_benchmark& benchmark = benchmarks_[i];
    pending_.insert(i);
    while (!benchmark.block) {
      const indices together = companions_of(i);
      const bool any = measure_together(together, old_and_new);
      if (!any)
        for (const std::size_t k : together) benchmarks_[k].runs_alone = true;
    }
    pending_.erase(i);
    return *std::exchange(benchmark.block, std::nullopt);
  }

  /// Measures the old program against itself in this benchmark.
  pair_block measure_control(std::size_t i) {
    begin_round({});
    paired_benchmark& benchmark = benchmarks_[i];
    while (!benchmark.block && measure_together({i}, old_and_old)) {
    }
    if (!benchmark.block) throw error(error_kind::failed, "the baseline gave no results");
    return *std::exchange(benchmark.block, std::nullopt);
  }

 private:
  using indices = std::set<std::size_t>;
  /// Number of the program on each side.
  using program_pair = std::array<int, 2>;
  static constexpr program_pair old_and_new = {0, 1}, old_and_old = {0, 0};

  /// Measures a block of these benchmarks, which are all of one kind. Returns whether that was of
  /// any use.
  bool measure_together(const indices& cells, const program_pair& programs) {
    return benchmarks_[*cells.begin()].unsuited.empty() ? measure_in_turns(cells, programs)
                                                        : measure_whole_processes(cells, programs);
  }

  /// Returns the benchmarks of the round that can be measured together with this one: one start has
  /// one way of measuring and one minimum time.
  indices companions_of(std::size_t i) const {
    indices together = {i};
    for (const std::size_t k : pending_) {
      const paired_benchmark& other = benchmarks_[k];
      if (!other.block && !other.runs_alone && !benchmarks_[i].runs_alone &&
          other.unsuited.empty() == benchmarks_[i].unsuited.empty() &&
          other.min_time_s == benchmarks_[i].min_time_s)
        together.insert(k);
    }
    return together;
  }

  /// Minimum time of these benchmarks, unless the user has chosen one.
  double min_time_s_of(const indices& cells) const {
    return options_.min_time.empty() ? benchmarks_[*cells.begin()].min_time_s
                                     : std::atof(options_.min_time.c_str());
  }

  /// Returns copies of the programs for the starts of one block.
  copy_pair copies_of(const program_pair& programs) {
    return copier_.copy({programs_[programs[0]][pair_], programs_[programs[1]][pair_]}, random_);
  }

  benchmark_start start_of(int which, const indices& chosen, const descriptor& copy) {
    benchmark_start start{
        .program = programs_[which][pair_],
        .image = copy.get(),
        .names = {},
        .repetitions = process_repetitions,
        .min_time = options_.min_time.empty() ? fmt::format("{:.3f}", min_time_s_of(chosen))
                                              : options_.min_time,
        .layout = std::string(random_() % 4096, 'x'),
        .slower = which == 1 ? options_.slower : "",
        .timeout_s = timeout_.seconds(),
    };
    for (const std::size_t i : order_[which])
      if (chosen.contains(i)) start.names.push_back(benchmarks_[i].name);
    return start;
  }

  /// Runs both programs once, sequentially and without a pause, until every benchmark has
  /// run or failed.
  void look() {
    indices open;
    for (std::size_t i = 0; i < benchmarks_.size(); ++i) open.insert(open.end(), i);
    while (!open.empty()) {
      const indices seen = look_at(open);
      for (const std::size_t i : seen) open.erase(i);
      if (!seen.empty()) continue;
      for (const std::size_t i : open) look_at({i});
      break;
    }
    indices all;
    for (std::size_t i = 0; i < benchmarks_.size(); ++i) all.insert(i);
    for (std::size_t i = 0; i < benchmarks_.size(); ++i) {
      paired_benchmark& benchmark = benchmarks_[i];
      if (!benchmark.unsuited.empty()) benchmark.min_time_s = process_min_time_s;
      benchmark.repetition_s = std::max(benchmark.repetition_s, 2 * min_time_s_of({i}));
    }
    for (paired_benchmark& benchmark : benchmarks_)
      benchmark.first_look.seconds = start_s_ / static_cast<double>(benchmarks_.size()) +
                                     (repetitions_for(all) + 1) * benchmark.repetition_s;
    note_unsuited();
  }

  /// Runs these benchmarks once. Returns those that have run or failed in both programs.
  indices look_at(const indices& cells) {
    std::array<benchmark_outcomes, 2> seen;
    const copy_pair copies = copies_of(old_and_new);
    start_s_ = 0;
    for (const int which : {0, 1}) {
      benchmark_start start = start_of(which, cells, copies[which]);
      start.cpu = cpu_;
      benchmark_process process(start);
      process.run(process.last_stage());
      seen[which] = process.outcomes();
      timeout_.learn(process, process_repetitions);
      note_environment(which, process.environment());
      start_s_ += process.seconds_in(0);
      for (std::size_t k = 0; k < start.names.size(); ++k)
        benchmarks_[benchmark_of_[start.names[k]]].repetition_s +=
            process.seconds_in(k + 1) / (process_repetitions + 1);
    }
    indices known;
    for (const std::size_t i : cells)
      if (take_first_look(benchmarks_[i], seen)) known.insert(i);
    return known;
  }

  /// Takes over what a first look has shown of a benchmark; returns false if nothing.
  static bool take_first_look(paired_benchmark& benchmark,
                              const std::array<benchmark_outcomes, 2>& seen) {
    if (take_failures(benchmark.name, seen, benchmark.first_look)) return true;
    for (const benchmark_outcomes& outcomes : seen) {
      const auto outcome = outcomes.find(benchmark.name);
      if (outcome == outcomes.end()) return false;
      if (benchmark.unsuited.empty()) benchmark.unsuited = unsuited_outcome(outcome->second);
      benchmark.min_time_s =
          std::max(benchmark.min_time_s, min_time_after_set_up(outcome->second, turn_s));
    }
    return true;
  }

  /// Measures one block of these benchmarks alternately, as far as the processes get. Returns
  /// whether that was of any use.
  bool measure_in_turns(const indices& cells, const program_pair& programs) {
    const std::int64_t begin_ns = now_ns();
    const copy_pair copies = copies_of(programs);
    benchmark_start starts[2] = {start_of(programs[0], cells, copies[0]),
                                 start_of(programs[1], cells, copies[1])};
    for (benchmark_start& start : starts) {
      start.repetitions = repetitions_for(cells);
      start.cpu = cpu_;
    }
    std::optional<benchmark_process> sides[2];
    const std::size_t first = random_() % 2;
    for (const std::size_t which : {first, 1 - first}) sides[which].emplace(starts[which]);
    take_turns({&*sides[first], &*sides[1 - first]}, turn_s, random_);
    const std::array<benchmark_outcomes, 2> seen = {sides[0]->outcomes(), sides[1]->outcomes()};
    for (const auto& side : sides)
      if (side->has_timed_out()) timeout_.learn(*side, starts[0].repetitions);
    const double seconds = seconds_since(begin_ns) / static_cast<double>(cells.size());
    bool any = false;
    for (const std::size_t i : cells) {
      const int searches = benchmarks_[i].searches;
      benchmarks_[i].block = block_of_turns(benchmarks_[i], seen, first, seconds);
      any = any || benchmarks_[i].block || benchmarks_[i].searches > searches;
    }
    return any;
  }

  /// Returns a benchmark's block of repetitions; nullopt if it has to be measured again. `first`:
  /// side that had the first turn.
  std::optional<pair_block> block_of_turns(paired_benchmark& benchmark,
                                           const std::array<benchmark_outcomes, 2>& seen,
                                           std::size_t first, double seconds) const {
    pair_block block{.seconds = seconds};
    if (take_failures(benchmark.name, seen, block)) return block;
    std::array<const cell_result*, 2> sides;
    const double min_time_s = min_time_s_of({benchmark_of_.at(benchmark.name)});
    bool searched = true;
    for (const int which : {0, 1}) {
      const auto outcome = seen[which].find(benchmark.name);
      if (outcome == seen[which].end()) return std::nullopt;
      sides[which] = &outcome->second;
      const double longer_s = min_time_after_set_up(outcome->second, min_time_s);
      benchmark.min_time_s = std::max(benchmark.min_time_s, longer_s);
      searched = searched && !search_ended_early(outcome->second, min_time_s) &&
                 (longer_s <= min_time_s || !options_.min_time.empty());
    }
    if (!searched && ++benchmark.searches < max_searches) return std::nullopt;
    block.slices = slices_of_turns(sides, first, judged_);
    block.record = record_of(block.slices);
    return block;
  }

  /// Runs one process of each program, in random order and without a pause. Returns whether any
  /// benchmark has a block now.
  bool measure_whole_processes(const indices& cells, const program_pair& programs) {
    const std::int64_t begin_ns = now_ns();
    const copy_pair copies = copies_of(programs);
    const std::size_t first = random_() % 2;
    std::array<benchmark_outcomes, 2> seen;
    for (const std::size_t which : {first, 1 - first}) {
      benchmark_start start = start_of(programs[which], cells, copies[which]);
      start.interleaves = true;
      start.repetitions = repetitions_for(cells);
      // Interleaved repetitions give no result before the last benchmark ends.
      double expected_s = start_s_;
      for (const std::size_t i : cells)
        expected_s += (start.repetitions + 1) * benchmarks_[i].repetition_s;
      start.timeout_s = std::min(options_.timeout_s, timeout_.seconds() + 3 * expected_s);
      benchmark_process process(start);
      process.run(process.last_stage());
      seen[which] = process.outcomes();
      if (process.has_timed_out()) timeout_.learn(process, start.repetitions);
    }
    const double seconds = seconds_since(begin_ns) / static_cast<double>(cells.size());
    bool any = false;
    for (const std::size_t i : cells) {
      benchmarks_[i].block = block_of_processes(benchmarks_[i], first, seen, seconds);
      any = any || benchmarks_[i].block;
    }
    return any;
  }

  /// Returns a benchmark's block of two processes; nullopt if one of them failed before it ran.
  std::optional<pair_block> block_of_processes(const paired_benchmark& benchmark, std::size_t first,
                                               const std::array<benchmark_outcomes, 2>& seen,
                                               double seconds) const {
    pair_block block{.seconds = seconds};
    if (take_failures(benchmark.name, seen, block)) return block;
    std::array<const cell_result*, 2> sides;
    for (const int which : {0, 1}) {
      const auto outcome = seen[which].find(benchmark.name);
      if (outcome == seen[which].end()) return std::nullopt;
      sides[which] = &outcome->second;
    }
    block.slices = slices_of_processes(sides, first, judged_);
    block.record = record_of(block.slices);
    return block;
  }

  /// Returns the repetitions per process of a block. The search for the number of iterations takes
  /// about as long as one of them.
  int repetitions_for(const indices& cells) const {
    double repetition_s = 0;
    for (const std::size_t i : cells) repetition_s += benchmarks_[i].repetition_s;
    return best_repetitions(start_s_ + repetition_s, repetition_s);
  }

  /// Compares what the two programs say of machine and build, once.
  void note_environment(int which, const std::map<std::string, std::string>& environment) {
    if (environments_[which].environment.empty()) {
      environments_[which].foreign = true;
      environments_[which].environment = environment;
    }
    if (!environments_[0].environment.empty() && !environments_[1].environment.empty())
      unmatched_.environment = environment_differences(environments_[0], environments_[1]);
  }

  void note_unsuited() {
    std::string list;
    for (const paired_benchmark& benchmark : benchmarks_)
      if (!benchmark.unsuited.empty())
        list +=
            fmt::format("{}{} ({})", list.empty() ? "" : ", ", benchmark.name, benchmark.unsuited);
    if (!list.empty())
      unmatched_.notes.push_back("compared by real time in whole processes, which scatter more: " +
                                 list);
  }

  side_links programs_;
  std::size_t pair_ = 0;  ///< pair of links that is measured
  benchmark_pair_options options_;
  const metric& judged_;
  check_result& unmatched_;
  program_copier copier_;
  std::map<std::string, std::size_t> benchmark_of_;
  std::vector<std::size_t> order_[2];  ///< benchmarks in the order of each program
  std::vector<paired_benchmark> benchmarks_;
  indices pending_;  ///< benchmarks of this round without a block
  bool has_looked_ = false;
  double start_s_ = 0;  ///< start-up of both programs
  process_timeout timeout_{options_.timeout_s};
  results environments_[2];
  const int cpu_ = assign_cpus(read_machine(), 1).cell.front();
  std::mt19937_64 random_;
};

}  // namespace

paired_cells pair_benchmarks(const side_links& programs, const benchmark_pair_options& options,
                             check_result& unmatched) {
  const auto pair = std::make_shared<benchmark_pair>(programs, options, unmatched);
  return {
      .names = pair->names(),
      .link_pairs = pair_count(programs),
      .prepare = [pair](std::size_t cell) { return pair->prepare(cell); },
      .measure = [pair](std::size_t cell,
                        std::uint64_t round) { return pair->measure(cell, round); },
      .begin_round = [pair](const std::vector<std::size_t>& cells) { pair->begin_round(cells); },
      .measure_control = [pair](std::size_t cell, double) { return pair->measure_control(cell); }};
}

}  // namespace crossover
