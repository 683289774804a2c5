#include "bench/measure/contest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <utility>

#include "bench/measure/contest_display.hpp"
#include "bench/measure/continued_run.hpp"
#include "bench/measure/findings.hpp"
#include "bench/measure/run_hosts.hpp"
#include "workloads/base/clock.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

constexpr int max_busy_blocks = 2;  // a machine with other work may keep an arm busy once
constexpr double no_limit_s = std::numeric_limits<double>::infinity();

/// The time to judge a contest grows with its blocks. In a fleet, which measures many per second,
/// and in a run whose number of blocks is given, a contest is judged again after this part of its
/// blocks more.
constexpr std::size_t blocks_per_judgement = 10;
/// Fewer common blocks separate no models.
constexpr std::size_t min_blocks_judged = 6;

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
        run_hosts_(hosts, options.hosts, cells, options.seed),
        busy_blocks_(cells.size()),
        running_(cells.size()) {
    // Planning contests skips cells and adds findings.
    for (std::size_t i = 0; i < cells.size(); ++i)
      all_.cells[i] = continued_cell(cells[i], std::move(all_.cells[i]));
    continue_after_blocks();
  }

  void run() {
    check_budget();
    start_ns_ = now_ns();
    all_.status = results_status::interrupted;  // until the last block
    for (std::size_t number = 0; number < display_.count(); ++number) display_.show_if_due(number);
    try {
      while (begin_blocks()) end_block(hosts_.wait());
      const bool has_hosts = run_hosts_.live_count() > 0 && !lacks_host_;
      if (has_hosts || is_all_settled()) all_.status = results_status::complete;
    } catch (const interrupted&) {
    }
  }

  /// Completes the results and shows the contests that are not shown yet.
  void finish() {
    settle_failures();
    run_hosts_.store_losses(all_);
    run_hosts_.find_refusals(all_);
    pool_findings(cells_, all_);
    judge_ceilings(all_);
    display_.show_others();
  }

 private:
  /// Records a failure that was not retried, or whose retry succeeded.
  void settle_failures() {
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      cell_result& cell = all_.cells[i];
      if (cell.status != cell_status::ok) continue;
      if (!cell.samples.empty()) {
        cell.reason.clear();
      } else if (run_hosts_.has_failed(i)) {
        cell.status = cell_status::failed;
      } else if (all_.status == results_status::complete) {
        cell.status = cell_status::skipped;
        cell.reason = "no host that can run it was left";
      }
    }
  }

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

  /// Brings the state of the run to that after the last block of an interrupted one.
  void continue_after_blocks() {
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      for (const sample& s : all_.cells[i].samples)
        if (is_busy(s.idle_cpu_s.value_or(0), s.idle_s.value_or(0))) ++busy_blocks_[i];
      if (has_finding(all_.cells[i], "not_idle"))
        for (std::size_t c = 0, count = contests_.size(); c < count; ++c) separate(contests_[c], i);
    }
    const earlier_blocks earlier = continue_contests(contests_, all_);
    block_ = earlier.next_block;
    sequence_ = earlier.next_sequence;
    earlier_s_ = earlier.seconds;
    for (const earlier_turn& turn : earlier.turns)
      if (host_state* const host = run_hosts_.find(turn.host))
        host->turns.add_earlier(turn.contest, turn.pass);
    for (planned_contest& c : contests_) c.settled = c.blocks > 0 && is_settled(c, true);
  }

  bool is_all_settled() const {
    return std::all_of(contests_.begin(), contests_.end(),
                       [](const planned_contest& c) { return c.settled; });
  }

  double elapsed_s() const { return earlier_s_ + static_cast<double>(now_ns() - start_ns_) * 1e-9; }

  void check_budget() const {
    double needed = 0;
    for (const planned_contest& c : contests_)
      for (const std::size_t i : c.cells)
        if (c.blocks == 0)
          needed += expected_seconds(cells_[i], options_.block) * static_cast<double>(hosts_of(c));
    needed /= static_cast<double>(run_hosts_.count());
    if (options_.repetitions == 0 && needed > options_.budget_s)
      throw error(error_kind::invalid,
                  fmt::format("--budget {:.3g}s: one block of each of the {} contests takes about "
                              "{:.0f} s; raise it or select fewer cells",
                              options_.budget_s, contests_.size(), std::ceil(needed)));
  }

  /// Begins a block on each host that measures none. Returns false if no host measures one then.
  bool begin_blocks() {
    for (const std::size_t h : run_hosts_.idle(options_.clients > 0)) {
      if (!run_hosts_.is_idle(h)) continue;  // it takes part in the block of an earlier one
      if (const auto c = next_contest(h)) begin_block(h, *c);
      // The hosts that it waits for gather: they might never be idle at the same time otherwise.
      if (run_hosts_[h].waits_for) break;
    }
    return run_hosts_.any_runs();
  }

  /// Returns the contest that a host measures next; nullopt if none is due, or if it has to wait
  /// until enough other hosts are idle.
  std::optional<std::size_t> next_contest(std::size_t h) {
    host_state& host = run_hosts_[h];
    const auto is_due = [&](std::size_t c, double share_s) { return is_turn(host, c, share_s); };
    std::optional<std::size_t>& next = host.waits_for;
    if (next && (contests_[*next].settled || !is_due(*next, no_limit_s))) next.reset();
    if (!next) next = host.turns.next(contests_, is_due);
    if (next && hosts_of(contests_[*next]) > 1 && helpers_for(h, contests_[*next]).empty())
      return std::nullopt;
    return std::exchange(next, std::nullopt);
  }

  /// Returns the number of hosts that take part in a block of a contest.
  std::size_t hosts_of(const planned_contest& c) const {
    return options_.clients > 0 &&
                   needed_server_of(cells_[c.cells.front()]) == needed_server::on_tcp
               ? options_.clients + 1
               : 1;
  }

  std::vector<std::size_t> helpers_for(std::size_t h, const planned_contest& c) {
    return run_hosts_.helpers_for(h, run_hosts_.cells_for(run_hosts_[h], c, all_),
                                  options_.clients);
  }

  /// Returns whether a contest has its turn on a host.
  bool is_turn(const host_state& host, std::size_t number, double share_s) {
    planned_contest& c = contests_[number];
    if (std::all_of(c.cells.begin(), c.cells.end(), [this](std::size_t i) { return !is_ok(i); })) {
      c.settled = true;
      display_.show_if_due(c.number);
      return false;
    }
    const std::vector<std::size_t> cells = run_hosts_.cells_for(host, c, all_);
    if (cells.empty() || !wants_block(c, cells, share_s)) return false;
    if (hosts_of(c) == 1) return true;
    lacks_host_ = lacks_host_ || run_hosts_.live_count() < hosts_of(c);
    return run_hosts_.can_measure(cells, options_.clients);
  }

  bool is_ok(std::size_t i) const { return all_.cells[i].status == cell_status::ok; }

  /// Returns whether a contest needs a block of these cells beside those that are measured now, and
  /// has time for it.
  bool wants_block(const planned_contest& c, const std::vector<std::size_t>& cells,
                   double share_s) const {
    if (options_.repetitions > 0)
      return std::any_of(cells.begin(), cells.end(), [this](std::size_t i) {
        return all_.cells[i].samples.size() + running_[i] < options_.repetitions;
      });
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

  /// Returns true if each cell that has not failed has the requested number of samples.
  bool has_repetitions(const planned_contest& c) const {
    return std::all_of(c.cells.begin(), c.cells.end(), [this](std::size_t i) {
      return !is_ok(i) || all_.cells[i].samples.size() >= options_.repetitions;
    });
  }

  /// `is_judged`: the scatter of its blocks may settle it.
  bool is_settled(const planned_contest& c, bool is_judged) const {
    if (options_.repetitions > 0) return has_repetitions(c);
    const std::uint32_t blocks = cells_[c.cells.front()].blocks;
    return (blocks > 0 && c.blocks >= blocks) || (is_judged && options_.is_settled(all_, c.cells));
  }

  void begin_block(std::size_t h, std::size_t number) {
    planned_contest& c = contests_[number];
    host_state& host = run_hosts_[h];
    show_progress(c);
    host.running = {number, run_hosts_.cells_for(host, c, all_), now_ns()};
    if (hosts_of(c) > 1) host.running->helpers = helpers_for(h, c);
    for (const std::size_t helper : host.running->helpers) run_hosts_[helper].helps = true;
    block_request block{
        .contest = number, .number = c.begun, .cells = {}, .helpers = host.running->helpers};
    for (const std::size_t i : host.running->cells) block.cells.push_back(&cells_[i]);
    for (const std::size_t i : host.running->cells) ++running_[i];
    ++host.begun;
    ++c.begun;
    ++c.running;
    hosts_.begin(h, block);
  }

  void end_block(ended_block ended) {
    host_state& host = run_hosts_[ended.host];
    const running_block block = *std::exchange(host.running, std::nullopt);
    planned_contest& c = contests_[block.contest];
    --c.running;
    for (const std::size_t i : block.cells) --running_[i];
    for (const std::size_t helper : block.helpers) run_hosts_[helper].helps = false;
    if (!ended.lost.empty()) return run_hosts_.store_losses(all_);
    for (std::size_t k = 0; k < block.cells.size(); ++k)
      take(host, block, block.cells[k], ended.records[k]);
    ++block_;
    ++c.blocks;
    c.measured_s += static_cast<double>(now_ns() - block.begin_ns) * 1e-9;
    separate_busy_arms(c, block.cells, ended.records);
    const bool is_judged = c.blocks >= c.next_judged;
    const bool has_many_blocks = !options_.hosts.empty() || options_.repetitions > 0;
    if (is_judged)
      c.next_judged = c.blocks + 1 + (has_many_blocks ? c.blocks / blocks_per_judgement : 0);
    c.settled = c.settled || is_settled(c, is_judged);
    if (options_.save) options_.save();
    if (is_judged || c.settled) display_.show_if_due(c.number);
  }

  void take(host_state& host, const running_block& block, std::size_t i, arm_record& record) {
    if (record.failure) return take_failure(host, i, *record.failure);
    cell_result& cell = all_.cells[i];
    sample s = std::move(*record.total);
    s.block = block_;
    s.pass = host.turns.pass();
    s.host = host.number;
    if (!block.helpers.empty()) {
      s.server_host = run_hosts_[block.helpers.front()].number;
      if (options_.clients > 1) s.clients = static_cast<std::uint32_t>(options_.clients);
    }
    s.sequence = sequence_++;
    auto& environment = s.host ? all_.hosts[*s.host].environment : all_.environment;
    environment.insert(record.environment.begin(), record.environment.end());
    cell.samples.push_back(std::move(s));
    for (finding f : record.findings) {
      f.host = host.number;
      add_finding(cell, std::move(f));
    }
    if (!record.has_windows)
      add_finding(cell, {"no_window",
                         "the cell knows only protocol 1: start and drain are part of its figures",
                         host.number});
  }

  /// Ends the measurement of the cell on the host if it has failed there before, and everywhere if
  /// no other host measures it.
  void take_failure(host_state& host, std::size_t i, const error& failure) {
    cell_result& cell = all_.cells[i];
    cell.reason = failure.what();
    const bool is_refused = is_refusal(cell, failure);
    if (run_hosts_.excludes(host, i, failure.what(), is_refused))
      cell.status = is_refused ? cell_status::skipped : cell_status::failed;
  }

  /// Moves an arm that repeatedly uses the CPU during the turns of others, and thus disturbs them,
  /// into a separate contest.
  void separate_busy_arms(planned_contest& c, const std::vector<std::size_t>& able,
                          const std::vector<arm_record>& records) {
    if (c.cells.size() < 2) return;
    for (std::size_t k = 0; k < able.size(); ++k) {
      const arm_record& record = records[k];
      if (!is_busy(record.idle_cpu_s.value_or(0), record.idle_s)) continue;
      if (++busy_blocks_[able[k]] < max_busy_blocks) continue;
      add_finding(all_.cells[able[k]],
                  {"not_idle", fmt::format("used {:.0f} % of a CPU while other models had their "
                                           "turns: measured alone since then",
                                           100 * *record.idle_cpu_s / record.idle_s)});
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
    measuring_progress progress =
        display_.progress(c, options_.repetitions, options_.budget_s, elapsed_s());
    if (!options_.hosts.empty())
      progress.cell =
          fmt::format("{} hosts, {} blocks", run_hosts_.live_count(), count_blocks(contests_));
    options_.progress(progress);
  }

  std::vector<planned_cell>& cells_;
  results& all_;
  measuring_hosts& hosts_;
  const measuring_options& options_;
  std::deque<planned_contest> contests_;  ///< a deque: one may be added while one is measured
  contest_display display_;
  run_hosts run_hosts_;
  std::vector<int> busy_blocks_;      ///< by cell
  std::vector<std::size_t> running_;  ///< by cell: hosts that measure it now
  std::uint64_t block_ = 0, sequence_ = 0;
  bool lacks_host_ = false;  ///< a contest ended early, because too few hosts were left
  double earlier_s_ = 0;     ///< duration of the blocks of the interrupted run
  std::int64_t start_ns_ = 0;
};

}  // namespace

void run_contests(std::vector<planned_cell>& cells, results& all, measuring_hosts& hosts,
                  const measuring_options& options) {
  contest_run run(cells, all, hosts, options);
  run.run();
  run.finish();
}

}  // namespace crossover
