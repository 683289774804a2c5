#include "tools/check/pair_builds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>

#include "bench/cell/child_process.hpp"
#include "bench/measure/block.hpp"
#include "bench/measure/findings.hpp"
#include "bench/measure/name_filter.hpp"
#include "bench/models/run/usage.hpp"
#include "bench/results/findings.hpp"
#include "bench/results/json_text.hpp"
#include "reports/check/judged_metric.hpp"
#include "reports/check/match_cells.hpp"
#include "tools/check/measure_pair.hpp"
#include "tools/check/program_copies.hpp"
#include "workloads/base/clock.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

using nlohmann::json;

/// Length of a slice. A process that wakes runs for about 1 ms before it is preempted, so most
/// slices fall between two time slices of a competing process. On a loaded machine, blocks of 5 ms
/// slices scatter by three to ten times as much. In shorter slices the start would be a large part.
constexpr double slice_s = 0.001;
/// Minimum number of operations per lane and slice; with fewer, start and end of a run dominate.
constexpr double min_operations_per_lane = 4;
constexpr double warm_up_s = 0.01;
constexpr double first_look_s = 0.08;
/// Total measured time of one block.
constexpr double measured_s = 0.08;
constexpr double max_rounds = 20, min_rounds = 4;
/// Shortest extra time for a reply after a process has hung.
constexpr double min_grace_s = 1;
/// A cell that uses less than this share of its CPUs waits.
constexpr double min_busy_share = 0.9;
/// Readings of the clock around a shorter delay would add more than the delay.
constexpr double min_delay_ns = 500;

cell_result listed_cell(const json& row) {
  cell_result cell;
  static_cast<cell_spec&>(cell) = cell_spec_from_json(row);
  cell.name = row.at("name").get<std::string>();
  cell.reason = row.value("reason", "");
  if (row.at("status") != "runnable") cell.status = cell_status::skipped;
  if (!cell.cores || !cell.in_flight)
    throw error(error_kind::failed, "`list --json` printed a cell without cores or in_flight");
  return cell;
}

/// Returns the program's own error message, or `e.what()` if it printed none.
std::string refusal_message(const process_failure& e) {
  std::string message = e.stderr_tail().empty() ? e.what() : e.stderr_tail();
  if (message.starts_with("crossover: ")) message.erase(0, 11);
  return message;
}

/// Returns the cells that a program lists for a selection.
results listed_by(const std::string& program, const std::vector<std::string>& selection,
                  const name_filter& filter) {
  std::vector<std::string> command = {program, "list", "--json"};
  command.insert(command.end(), selection.begin(), selection.end());
  std::string text;
  try {
    text = child_process(command).read_to_end(child_process::duration(60));
  } catch (const process_failure& e) {
    throw error(e.kind(), refusal_message(e));
  }
  try {
    results listed;
    const json document = parse_json(text);
    for (const json& row : document.at("cells")) {
      cell_result cell = listed_cell(row);
      // It would measure neither of the two programs.
      if (const model_type* type = model_type_of(cell);
          cell.status == cell_status::ok && type != nullptr && !type->program.empty()) {
        cell.status = cell_status::skipped;
        cell.reason = "its model runs in another program than the two";
      }
      if (filter.keeps(cell.name)) listed.cells.push_back(std::move(cell));
    }
    return listed;
  } catch (const json::exception&) {
    throw error(error_kind::failed, "`list --json` printed no list of cells");
  }
}

/// A cell that both builds have.
struct build_cell {
  cell_result what;  ///< as listed by the new program
  cell_options old_side, new_side;
  block_options plan;
  double operation_s = 0;  ///< wall time per operation of the old side
  bool uses_its_cpus = false;
  double server_cpu_s = 0;  ///< CPU time of the server in all blocks
  double measured_s = 0;    ///< slices and warm-ups of all blocks: when the server had work
};

class build_pair {
 public:
  build_pair(const side_links& programs, const build_pair_options& options, check_result& unmatched)
      : programs_(programs),
        options_(options),
        judged_(judged_metric(options.metric)),
        servers_(programs[1].front(), {}),
        copier_(programs, obstacle_to_copies(options)) {
    random_.seed(options.seed);
    copier_.add_note(unmatched.notes);
    for (const cell_result& cell : common_cells(programs, options, unmatched)) {
      build_cell& added = cells_.emplace_back();
      added.what = cell;
      added.old_side.launcher = added.new_side.launcher = options.launcher;
      added.old_side.command = options.old_cell;
      added.new_side.command = options.new_cell;
      added.old_side.any_build = added.new_side.any_build = true;
      added.old_side.grace_s = added.new_side.grace_s = options.grace_s;
    }
  }

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const build_cell& cell : cells_) all.push_back(cell.what.name);
    return all;
  }

  /// Sizes the slices from a few longer ones of each side. The median is not moved by a neighbour's
  /// burst.
  pair_block prepare(std::size_t i) {
    build_cell& cell = cells_[i];
    if (cell.what.rate > 0)
      throw error(error_kind::unsupported,
                  "open-loop cells cannot be measured in millisecond slices; compare two results "
                  "files instead");
    cell.plan = {.seconds = first_look_s,
                 .warm_up_s = warm_up_s,
                 .waits_for_sleep = false,
                 .starts_together = options_.metric != "startup"};
    const measured_pair first = measure(cell, 0);
    pair_block look{.seconds = first.seconds, .failures = {first.failures[0], first.failures[1]}};
    if (!first.record.arms[0].total || !first.record.arms[1].total) return look;
    const double operation_s = cell.operation_s = time_per_operation(first.record);
    const sample& old_total = *first.record.arms[0].total;
    cell.uses_its_cpus = old_total.cpu_user_s.value_or(0) + old_total.cpu_system_s.value_or(0) >=
                         min_busy_share * old_total.wall_s * *cell.what.cores;
    std::uint64_t sampling_interval = 0;
    for (const block_turn& turn : first.record.turns)
      if (turn.measured.latency)
        sampling_interval = std::min<std::uint64_t>(
            1024, std::max(sampling_interval, turn.measured.latency->sampling_interval));
    cell.old_side.sampling_interval = cell.new_side.sampling_interval =
        static_cast<std::uint32_t>(sampling_interval);
    if (options_.slower > 0 &&
        name_filter(options_.slower_in, "--inject-slowdown").keeps(cell.what.name))
      cell.new_side.injected_delay_ns = delay_ns(cell, options_.slower / 100);
    // Every lane gets its minimum.
    cell.plan.slice =
        slice_plan{.operations = static_cast<std::uint64_t>(std::ceil(std::max(
                       min_operations_per_lane * *cell.what.in_flight, slice_s / operation_s)))};
    const double one_slice_s = static_cast<double>(cell.plan.slice->operations) * operation_s;
    cell.plan.rounds = static_cast<int>(
        std::clamp(std::round(measured_s / (4 * one_slice_s)), min_rounds, max_rounds));
    look.seconds += 4 * cell.plan.rounds * one_slice_s - sum_of_slices(first.record);
    look.seconds = std::max(look.seconds, 4 * cell.plan.rounds * one_slice_s);
    return look;
  }

  pair_block measure_block_of(std::size_t i, std::uint64_t round) {
    build_cell& cell = cells_[i];
    if (!cell.plan.slice) {  // the first look failed
      pair_block look = prepare(i);
      if (!cell.plan.slice) return look;
    }
    const server_pool::server server =
        servers_.server_for(cell.what, assign_cpus(machine_, *cell.what.cores));
    const double server_before = server.pid >= 0 ? cpu_seconds_of(server.pid) : 0;
    measured_pair measured = measure(cell, round);
    const auto server_used =
        server.pid >= 0 ? cpu_seconds_since(server.pid, server_before) : std::nullopt;
    if (server_used) {
      cell.server_cpu_s += *server_used / static_cast<double>(server.cpus);
      cell.measured_s += 2 * warm_up_s + sum_of_slices(measured.record);
    }
    return judged_block(std::move(measured), cell.what, judged_);
  }

  /// Work can be added to our own cells that use their CPUs, if a clock can measure it. A cell that
  /// waits for a server or a timer hides it.
  bool can_be_slowed(std::size_t i, double slower) {
    const build_cell& cell = cells_[i];
    return options_.metric == "time" && cell.old_side.command.empty() && cell.uses_its_cpus &&
           delay_ns(cell, slower) >= min_delay_ns &&
           servers_.server_for(cell.what, assign_cpus(machine_, *cell.what.cores)).pid < 0;
  }

  pair_block measure_control(std::size_t i, double slower) {
    build_cell control = cells_[i];
    control.new_side = control.old_side;
    control.new_side.injected_delay_ns = delay_ns(control, slower);
    return judged_block(measure(control, 0, 0), control.what, judged_);
  }

  std::vector<std::string> caveats(std::size_t i) const {
    const build_cell& cell = cells_[i];
    if (cell.measured_s <= 0) return {};
    const double share = cell.server_cpu_s / cell.measured_s;
    if (share <= server_bound_share) return {};
    return {
        fmt::format("server_bound: the server used {:.0f} % of its CPUs and may hide a slower "
                    "program; {}",
                    100 * share, find_finding("server_bound")->remedy)};
  }

 private:
  static std::string obstacle_to_copies(const build_pair_options& options) {
    if (!options.old_cell.empty()) return "the commands of --cell are started as they are";
    if (!options.launcher.empty()) return "--launcher may start the programs elsewhere";
    return {};
  }

  static std::vector<cell_result> common_cells(const side_links& programs,
                                               const build_pair_options& options,
                                               check_result& unmatched) {
    const name_filter filter(options.filter);
    results listed[2];
    std::string refusal[2];
    for (const int which : {0, 1}) try {
        listed[which] = listed_by(programs[which].front(), options.selection, filter);
      } catch (const interrupted&) {
        throw;
      } catch (const error& e) {
        refusal[which] = e.what();
        unmatched.notes.push_back(
            fmt::format("{} has none of these cells: {}", programs[which].front(), refusal[which]));
      }
    if (!refusal[0].empty() && !refusal[1].empty()) throw error(error_kind::invalid, refusal[1]);
    for (const int which : {0, 1})
      if (refusal[which].empty())
        require_one_build(programs[which], listed[which], options.selection, filter);
    std::vector<cell_result> common;
    for (const cell_pair& pair : match_cells(listed[0], listed[1], unmatched)) {
      common.push_back(*pair.candidate);
      if (!(static_cast<const cell_spec&>(*pair.baseline) == *pair.candidate))
        unmatched.notes.push_back(fmt::format(
            "'{}': the two programs list different parameters; both get those of the candidate",
            pair.candidate->name));
    }
    return common;
  }

  static void require_one_build(const std::vector<std::string>& links, const results& listed,
                                const std::vector<std::string>& selection,
                                const name_filter& filter) {
    for (std::size_t k = 1; k < links.size(); ++k) {
      results other;
      try {
        other = listed_by(links[k], selection, filter);
      } catch (const error& e) {
        throw broken_link(links[k], e.what());
      }
      crossover::require_one_build(links.front(), listed, links[k], other);
    }
  }

  /// Measures a block with the pair of links of its round, in new copies of both. Extra bytes in
  /// the environment of each process shift its stack, so that its place does not favour one side
  /// (Mytkowicz et al. 2009).
  /// If a process did not reply in time, both sides get less time from then on, so that a program
  /// that hangs is soon shown to.
  measured_pair measure(build_cell& cell, std::uint64_t round, int new_program = 1) {
    const std::int64_t begin_ns = now_ns();
    const std::array<std::string, 2> programs = {link_of(0, round), link_of(new_program, round)};
    const copy_pair copies = copier_.copy(programs, random_);
    const double copied_s = static_cast<double>(now_ns() - begin_ns) * 1e-9;
    const auto side_of = [&](int which, cell_options options) {
      options.program = programs[which];
      options.image = copies[which].get();
      options.variables = {"CROSSOVER_LAYOUT=" + std::string(random_() % 4096, 'x')};
      return block_arm{cell.what, [this, options = std::move(options), &cell] {
                         return cell_arm(options, cell.what, machine_, servers_);
                       }};
    };
    measured_pair measured =
        measure_pair(side_of(0, cell.old_side), side_of(1, cell.new_side), cell.plan, random_);
    measured.seconds += copied_s;
    const double grace_s = cell.old_side.grace_s;
    const bool has_failed = !measured.failures[0].empty() || !measured.failures[1].empty();
    if (has_failed && measured.seconds >= grace_s)
      cell.old_side.grace_s = cell.new_side.grace_s =
          std::min(grace_s, std::max(min_grace_s, grace_s / 8));
    return measured;
  }

  const std::string& link_of(int which, std::uint64_t round) const {
    return programs_[which][round % programs_[which].size()];
  }

  /// Time to add to each operation of a cell so that it is slower by this share.
  static double delay_ns(const build_cell& cell, double slower) {
    return slower * cell.operation_s * 1e9 * *cell.what.cores;
  }

  static double sum_of_slices(const measured_block& record) {
    double sum = 0;
    for (const block_turn& turn : record.turns) sum += turn.measured.wall_s;
    return sum;
  }

  /// Returns the median time per operation of the old side.
  static double time_per_operation(const measured_block& record) {
    std::vector<double> times;
    for (const block_turn& turn : record.turns)
      if (turn.arm == 0 && turn.measured.operations > 0)
        times.push_back(turn.measured.wall_s / static_cast<double>(turn.measured.operations));
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    return *middle;
  }

  side_links programs_;
  build_pair_options options_;
  const metric& judged_;
  machine machine_ = read_machine();
  server_pool servers_;
  program_copier copier_;
  std::mt19937_64 random_;
  std::vector<build_cell> cells_;
};

}  // namespace

paired_cells pair_builds(const side_links& programs, const build_pair_options& options,
                         check_result& unmatched) {
  const auto pair = std::make_shared<build_pair>(programs, options, unmatched);
  return {.names = pair->names(),
          .link_pairs = pair_count(programs),
          .prepare = [pair](std::size_t cell) { return pair->prepare(cell); },
          .measure = [pair](std::size_t cell,
                            std::uint64_t round) { return pair->measure_block_of(cell, round); },
          .caveats = [pair](std::size_t cell) { return pair->caveats(cell); },
          .measure_control = [pair](std::size_t cell,
                                    double slower) { return pair->measure_control(cell, slower); },
          .can_be_slowed = [pair](std::size_t cell,
                                  double slower) { return pair->can_be_slowed(cell, slower); }};
}

}  // namespace crossover
