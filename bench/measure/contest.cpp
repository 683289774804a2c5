#include "bench/measure/contest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>

#include "bench/measure/contest_display.hpp"
#include "bench/measure/continued_cell.hpp"
#include "bench/measure/findings.hpp"
#include "bench/measure/turn_order.hpp"
#include "workloads/base/clock.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

/// Failures that end the measurement of a cell: one retry is allowed.
constexpr int max_failures = 2;
constexpr int max_busy_blocks = 2;  // a machine with other work may keep an arm busy once

/// Fewer common blocks separate no models.
constexpr std::size_t min_blocks_judged = 6;

/// Estimated time of one block of a cell, before any is measured.
double expected_seconds(const cell_spec& cell, const block_options& plan) {
  const double delay_s = min_operation_s(cell);
  const double start_s = 0.02 + 0.0005 * workers_of(cell);
  const double slice_s = std::max(plan.seconds / 2, 4 * delay_s) + 0.005 + 1.5 * delay_s;
  return start_s + plan.warm_up_s + 3 * delay_s + 2 * slice_s;
}

/// Returns whether a program in another language does not support the cell. Only the program knows
/// what it supports.
bool is_refusal(const cell_result& cell, const error& failure) {
  const model_type* const type = model_type_of(cell);
  return type != nullptr && type->is_other_program() && cell.samples.empty() &&
         (failure.kind() == error_kind::unsupported || failure.kind() == error_kind::invalid);
}

/// Returns whether an arm used the CPU during the turns of others, and thus disturbed them.
bool is_busy(double idle_cpu_s, double idle_s) {
  return idle_cpu_s >= min_idle_cpu_s && idle_cpu_s >= max_idle_share * idle_s;
}

/// A block that a host measures now.
struct running_block {
  std::size_t contest = 0;
  std::vector<std::size_t> cells;
  std::int64_t begin_ns = 0;
};

/// A host and its part in the run.
struct host_state {
  turn_order turns;
  std::map<std::size_t, int> failures = {};          ///< by cell
  std::map<std::size_t, std::string> refusals = {};  ///< by cell that it does not measure
  std::optional<running_block> running = {};
};

class contest_run {
 public:
  contest_run(std::vector<planned_cell>& cells, results& all, measuring_hosts& hosts,
              const measuring_options& options)
      : cells_(cells),
        all_(all),
        hosts_(hosts),
        options_(options),
        contests_(contests_of_plan(cells)),
        display_(cells_, all_, contests_, options.is_decided, options.show_contest),
        busy_blocks_(cells.size()) {
    // Planning contests skips cells and adds findings.
    for (std::size_t i = 0; i < cells.size(); ++i)
      all_.cells[i] = continued_cell(cells[i], std::move(all_.cells[i]));
    for (std::size_t h = 0; h < hosts.count(); ++h) {
      host_state& host = states_.emplace_back(turn_order(options.seed, h));
      for (std::size_t i = 0; i < cells.size(); ++i)
        if (std::string reason = hosts.refusal(h, cells[i]); !reason.empty())
          host.refusals[i] = std::move(reason);
    }
    continue_after_blocks();
  }

  void run() {
    check_budget();
    start_ns_ = now_ns();
    all_.status = results_status::interrupted;  // what is saved meanwhile is not complete
    for (std::size_t number = 0; number < display_.count(); ++number) display_.show_if_due(number);
    try {
      while (begin_blocks()) end_block(hosts_.wait());
      all_.status = results_status::complete;
    } catch (const interrupted&) {
    }
  }

  void show_others() { display_.show_others(); }

  /// Records a failure that was not retried, or whose retry succeeded.
  void settle_failures() {
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      cell_result& cell = all_.cells[i];
      const bool has_failed = std::any_of(states_.begin(), states_.end(), [i](const auto& host) {
        return host.failures.contains(i);
      });
      if (!has_failed || cell.status != cell_status::ok) continue;
      if (cell.samples.empty())
        cell.status = cell_status::failed;
      else
        cell.reason.clear();
    }
  }

 private:
  static std::deque<planned_contest> contests_of_plan(std::vector<planned_cell>& cells) {
    const std::vector<planned_contest> planned = plan_contests(cells);
    if (planned.empty()) throw_nothing_to_run(cells);
    return {planned.begin(), planned.end()};
  }

  [[noreturn]] static void throw_nothing_to_run(const std::vector<planned_cell>& cells) {
    if (cells.empty())
      throw error(error_kind::invalid,
                  "no cell to run: select a workload, model, cores and in-flight values");
    throw error(error_kind::invalid, fmt::format("no cell to run: {} is skipped: {}",
                                                 cells.front().name, cells.front().skip_reason));
  }

  /// Brings the state of the run to that after the last block of an interrupted one. A block in
  /// which every model failed left no sample, and is measured again.
  void continue_after_blocks() {
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      for (const sample& s : all_.cells[i].samples)
        if (is_busy(s.idle_cpu_s.value_or(0), s.idle_s.value_or(0))) ++busy_blocks_[i];
      if (has_finding(all_.cells[i], "not_idle"))
        for (std::size_t c = 0, count = contests_.size(); c < count; ++c) separate(contests_[c], i);
    }
    std::vector<int> parts(cells_.size());  // by cell: `reference` may be in several
    for (const planned_contest& c : contests_)
      for (const std::size_t i : c.cells) ++parts[i];
    std::map<std::uint64_t, double> seconds;  // by block
    for (std::size_t number = 0; number < contests_.size(); ++number) {
      planned_contest& c = contests_[number];
      std::map<std::uint64_t, double> of_contest;
      for (const std::size_t i : c.cells)
        for (const sample& s : all_.cells[i].samples) {
          block_ = std::max(block_, s.block.value_or(0) + 1);
          sequence_ = std::max(sequence_, s.sequence.value_or(0) + 1);
          if (parts[i] > 1) continue;
          of_contest[s.block.value_or(0)] = s.block_s.value_or(0);
          states_.front().turns.add_earlier(number, s.pass.value_or(0));
        }
      c.begun = c.blocks = of_contest.size();
      for (const auto& [block, block_s] : of_contest) c.measured_s += block_s;
      seconds.merge(of_contest);
    }
    for (const auto& [block, block_s] : seconds) earlier_s_ += block_s;
    for (planned_contest& c : contests_) c.settled = c.blocks > 0 && is_settled(c);
  }

  double elapsed_s() const { return earlier_s_ + static_cast<double>(now_ns() - start_ns_) * 1e-9; }

  void check_budget() const {
    double needed = 0;
    for (const planned_contest& c : contests_)
      for (const std::size_t i : c.cells)
        if (c.blocks == 0) needed += expected_seconds(cells_[i], options_.block);
    if (options_.repetitions == 0 && needed > options_.budget_s)
      throw error(error_kind::invalid,
                  fmt::format("--budget {:.3g}s: one block of each of the {} contests takes about "
                              "{:.0f} s; raise it or select fewer cells",
                              options_.budget_s, contests_.size(), std::ceil(needed)));
  }

  /// Begins a block on each host that measures none. Returns false if no host measures one then.
  bool begin_blocks() {
    bool any = false;
    for (std::size_t h = 0; h < states_.size(); ++h) {
      host_state& host = states_[h];
      if (!host.running && hosts_.lost(h).empty()) {
        const auto is_due = [&](std::size_t c, double share_s) {
          return is_turn(host, c, share_s);
        };
        if (const auto c = host.turns.next(contests_, is_due)) begin_block(h, *c);
      }
      any = any || host.running;
    }
    return any;
  }

  /// Returns whether a contest has its turn on a host.
  bool is_turn(const host_state& host, std::size_t number, double share_s) {
    planned_contest& c = contests_[number];
    if (std::all_of(c.cells.begin(), c.cells.end(), [this](std::size_t i) { return !is_ok(i); })) {
      c.settled = true;
      display_.show_if_due(c.number);
      return false;
    }
    return wants_block(c, share_s) && !cells_for(host, c).empty();
  }

  bool is_ok(std::size_t i) const { return all_.cells[i].status == cell_status::ok; }

  /// Returns the cells of a contest that a host measures.
  std::vector<std::size_t> cells_for(const host_state& host, const planned_contest& c) const {
    std::vector<std::size_t> able;
    for (const std::size_t i : c.cells)
      if (is_ok(i) && !host.refusals.contains(i)) able.push_back(i);
    return able;
  }

  /// Returns whether a contest needs a block beside those that are measured now, and has time.
  bool wants_block(const planned_contest& c, double share_s) const {
    if (options_.repetitions > 0) return !has_repetitions(c, c.running);
    if (const std::uint32_t most = cells_[c.cells.front()].blocks;
        most > 0 && c.blocks + c.running >= most)
      return false;
    const bool has_turn = c.blocks < min_blocks_judged || c.measured_s <= share_s;
    return c.blocks + c.running == 0 || (has_turn && fits_budget(c));
  }

  /// Returns true if at least half of the contest's next block is within the budget.
  bool fits_budget(const planned_contest& c) const {
    const double block_s = c.blocks > 0 ? c.measured_s / static_cast<double>(c.blocks) : 0;
    return elapsed_s() + block_s / 2 < options_.budget_s;
  }

  /// Returns true if each cell that has not failed has the requested number of samples, or has it
  /// after so many more blocks.
  bool has_repetitions(const planned_contest& c, std::size_t more) const {
    return std::all_of(c.cells.begin(), c.cells.end(), [&](std::size_t i) {
      return !is_ok(i) || all_.cells[i].samples.size() + more >= options_.repetitions;
    });
  }

  bool is_settled(const planned_contest& c) const {
    if (options_.repetitions > 0) return has_repetitions(c, 0);
    const std::uint32_t blocks = cells_[c.cells.front()].blocks;
    return (blocks > 0 && c.blocks >= blocks) || options_.is_settled(all_, c.cells);
  }

  void begin_block(std::size_t h, std::size_t number) {
    planned_contest& c = contests_[number];
    host_state& host = states_[h];
    show_progress(c);
    host.running = {number, cells_for(host, c), now_ns()};
    block_request block{.contest = number, .number = c.begun, .cells = {}};
    for (const std::size_t i : host.running->cells) block.cells.push_back(&cells_[i]);
    ++c.begun;
    ++c.running;
    hosts_.begin(h, block);
  }

  void end_block(ended_block ended) {
    host_state& host = states_[ended.host];
    const running_block block = *std::exchange(host.running, std::nullopt);
    planned_contest& c = contests_[block.contest];
    --c.running;
    for (std::size_t k = 0; k < block.cells.size(); ++k)
      take(host, block.cells[k], ended.records[k]);
    ++block_;
    ++c.blocks;
    c.measured_s += static_cast<double>(now_ns() - block.begin_ns) * 1e-9;
    separate_busy_arms(c, block.cells, ended.records);
    c.settled = c.settled || is_settled(c);
    if (options_.save) options_.save();
    display_.show_if_due(c.number);
  }

  void take(host_state& host, std::size_t i, arm_record& record) {
    if (record.failure) return take_failure(host, i, *record.failure);
    cell_result& cell = all_.cells[i];
    sample s = std::move(*record.total);
    s.block = block_;
    s.pass = host.turns.pass();
    s.sequence = sequence_++;
    cell.samples.push_back(std::move(s));
    all_.environment.insert(record.environment.begin(), record.environment.end());
    for (const finding& f : record.findings) add_finding(cell, f);
    if (!record.has_windows)
      add_finding(
          cell,
          {"no_window", "the cell knows only protocol 1: start and drain are part of its figures"});
  }

  /// Ends the measurement of the cell on the host if it has failed there before, and everywhere if
  /// no other host measures it.
  void take_failure(host_state& host, std::size_t i, const error& failure) {
    cell_result& cell = all_.cells[i];
    cell.reason = failure.what();
    const bool is_refused = is_refusal(cell, failure);
    if (!is_refused && ++host.failures[i] < max_failures) return;
    host.refusals[i] = failure.what();
    for (std::size_t h = 0; h < states_.size(); ++h)
      if (hosts_.lost(h).empty() && !states_[h].refusals.contains(i)) return;
    cell.status = is_refused ? cell_status::skipped : cell_status::failed;
  }

  /// Moves an arm that repeatedly uses the CPU during the turns of others, and thus disturbs them,
  /// into a separate contest.
  void separate_busy_arms(planned_contest& c, const std::vector<std::size_t>& able,
                          const std::vector<arm_record>& records) {
    if (c.cells.size() < 2) return;
    for (std::size_t k = 0; k < able.size(); ++k) {
      const arm_record& record = records[k];
      if (!is_busy(record.idle_cpu_s, record.idle_s)) continue;
      if (++busy_blocks_[able[k]] < max_busy_blocks) continue;
      add_finding(all_.cells[able[k]],
                  {"not_idle", fmt::format("used {:.0f} % of a CPU while other models had their "
                                           "turns: measured alone since then",
                                           100 * record.idle_cpu_s / record.idle_s)});
      separate(c, able[k]);
    }
  }

  /// Moves a cell, if it is one of several of a contest, into a contest of its own.
  void separate(planned_contest& from, std::size_t i) {
    if (from.cells.size() < 2 || std::erase(from.cells, i) == 0) return;
    planned_contest alone = from;
    alone.cells = {i};
    contests_.push_back(std::move(alone));
  }

  void show_progress(const planned_contest& c) const {
    if (!options_.progress) return;
    measuring_progress progress;
    progress.unit = "contests decided";
    progress.total = display_.count();
    progress.done = display_.shown();
    double blocks_left = 0, blocks_done = 0;
    for (const planned_contest& other : contests_) {
      blocks_done += static_cast<double>(other.blocks);
      if (options_.repetitions > 0)
        blocks_left += static_cast<double>(
            options_.repetitions - std::min<std::size_t>(other.blocks, options_.repetitions));
    }
    progress.left_s = options_.repetitions == 0 ? std::max(0.0, options_.budget_s - elapsed_s())
                      : blocks_done == 0        ? -1
                                                : elapsed_s() / blocks_done * blocks_left;
    const planned_cell& any = cells_[c.cells.front()];
    progress.cell = fmt::format("{}, {} core{}, {} in flight", any.workload, *any.cores,
                                *any.cores == 1 ? "" : "s", *any.in_flight);
    options_.progress(progress);
  }

  std::vector<planned_cell>& cells_;
  results& all_;
  measuring_hosts& hosts_;
  const measuring_options& options_;
  std::deque<planned_contest> contests_;  ///< a deque: one may be added while one is measured
  contest_display display_;
  std::vector<host_state> states_;  ///< by host
  std::vector<int> busy_blocks_;    ///< by cell
  std::uint64_t block_ = 0, sequence_ = 0;
  double earlier_s_ = 0;  ///< duration of the blocks of the interrupted run
  std::int64_t start_ns_ = 0;
};

}  // namespace

void run_contests(std::vector<planned_cell>& cells, results& all, measuring_hosts& hosts,
                  const measuring_options& options) {
  contest_run run(cells, all, hosts, options);
  run.run();
  run.settle_failures();
  pool_findings(cells, all);
  judge_ceilings(all);
  run.show_others();
}

}  // namespace crossover
