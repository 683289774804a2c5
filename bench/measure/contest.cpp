#include "bench/measure/contest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <numeric>
#include <set>

#include "bench/measure/continued_cell.hpp"
#include "bench/measure/findings.hpp"
#include "workloads/base/clock.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

/// Failures that end the measurement of a cell: one retry is allowed.
constexpr int max_failures = 2;
constexpr int max_busy_blocks = 2;  // a machine with other work may keep an arm busy once

/// Blocks of a contest before it may be shown as decided: fewer would often show another verdict
/// than the end of the run.
constexpr std::size_t min_blocks_decided = 8;
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

/// Returns the generator of one block of a contest, or of the order of a pass. It depends on
/// nothing measured, so that the same seed gives the same order, also after an interrupt.
std::mt19937_64 generator_of(std::uint64_t seed, std::uint64_t number, std::uint64_t contest) {
  std::seed_seq words{seed & 0xffffffff, seed >> 32, number, contest};
  return std::mt19937_64(words);
}
constexpr std::uint64_t no_contest = 0xffffffff;

class contest_run {
 public:
  contest_run(std::vector<planned_cell>& cells, results& all, const arm_factory& make,
              machine_watch& watch, const measuring_options& options)
      : cells_(cells),
        all_(all),
        make_(make),
        watch_(watch),
        options_(options),
        failures_(cells.size()),
        busy_blocks_(cells.size()),
        slices_(cells.size()) {
    const std::vector<planned_contest> planned = plan_contests(cells);
    contests_.assign(planned.begin(), planned.end());
    for (const planned_contest& c : planned)
      if (c.number >= shown_.size()) shown_.resize(c.number + 1);
    if (contests_.empty()) throw_nothing_to_run();
    // Planning contests skips cells and adds findings.
    for (std::size_t i = 0; i < cells.size(); ++i)
      all_.cells[i] = continued_cell(cells[i], std::move(all_.cells[i]));
    continue_after_blocks();
  }

  void run() {
    check_budget();
    start_ns_ = now_ns();
    all_.status = results_status::interrupted;  // what is saved meanwhile is not complete
    for (std::size_t number = 0; number < shown_.size(); ++number) show_if_due(number);
    try {
      while (measure_pass()) ++pass_;
      all_.status = results_status::complete;
    } catch (const interrupted&) {
    }
  }

  /// Shows the contests that were neither decided nor settled.
  void show_others() {
    for (std::size_t number = 0; number < shown_.size(); ++number)
      if (!shown_[number]) show(number, results_of(number));
  }

  /// Records a failure that was not retried, or whose retry succeeded.
  void settle_failures() {
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      cell_result& cell = all_.cells[i];
      if (failures_[i] == 0 || cell.status != cell_status::ok) continue;
      if (cell.samples.empty())
        cell.status = cell_status::failed;
      else
        cell.reason.clear();
    }
  }

 private:
  /// Lets the open contests take turns in random order. Returns false if none could.
  bool measure_pass() {
    const std::vector<std::size_t> open = open_contests();
    double measured_s = 0;
    for (const std::size_t c : open) measured_s += contests_[c].measured_s;
    const double share_s = 2 * measured_s / static_cast<double>(open.size());
    bool any = false;
    for (const std::size_t c : open) {
      const bool has_turn =
          contests_[c].blocks < min_blocks_judged || contests_[c].measured_s <= share_s;
      const bool is_due = contests_[c].blocks == 0 || (has_turn && fits_budget(contests_[c]));
      if (options_.repetitions == 0 && !is_due) continue;
      if (contests_[c].next_pass <= pass_) measure(c);
      any = true;
    }
    return any;
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
    for (planned_contest& c : contests_) {
      std::map<std::uint64_t, double> of_contest;
      for (const std::size_t i : c.cells)
        for (const sample& s : all_.cells[i].samples) {
          block_ = std::max(block_, s.block.value_or(0) + 1);
          sequence_ = std::max(sequence_, s.sequence.value_or(0) + 1);
          pass_ = std::max(pass_, s.pass.value_or(0));
          if (parts[i] > 1) continue;
          of_contest[s.block.value_or(0)] = s.block_s.value_or(0);
          c.next_pass = std::max(c.next_pass, s.pass.value_or(0) + 1);
        }
      c.blocks = of_contest.size();
      for (const auto& [block, block_s] : of_contest) c.measured_s += block_s;
      seconds.merge(of_contest);
    }
    for (const auto& [block, block_s] : seconds) earlier_s_ += block_s;
    for (planned_contest& c : contests_) c.settled = c.blocks > 0 && is_settled(c);
  }

  /// Returns true if at least half of the contest's next block is within the budget.
  bool fits_budget(const planned_contest& c) const {
    const double block_s = c.blocks > 0 ? c.measured_s / static_cast<double>(c.blocks) : 0;
    return elapsed_s() + block_s / 2 < options_.budget_s;
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

  void throw_nothing_to_run() const {
    if (cells_.empty())
      throw error(error_kind::invalid,
                  "no cell to run: select a workload, model, cores and in-flight values");
    throw error(error_kind::invalid, fmt::format("no cell to run: {} is skipped: {}",
                                                 cells_.front().name, cells_.front().skip_reason));
  }

  /// Returns the contests that are not settled, in the order of this pass.
  std::vector<std::size_t> open_contests() const {
    std::vector<std::size_t> open(contests_.size());
    std::iota(open.begin(), open.end(), std::size_t{0});
    std::mt19937_64 random = generator_of(options_.seed, pass_, no_contest);
    for (std::size_t i = open.size(); i > 1; --i) std::swap(open[i - 1], open[random() % i]);
    std::erase_if(open, [this](std::size_t c) { return contests_[c].settled; });
    return open;
  }

  void measure(std::size_t number) {
    planned_contest& c = contests_[number];
    std::vector<std::size_t> able;
    for (const std::size_t i : c.cells)
      if (all_.cells[i].status == cell_status::ok) able.push_back(i);
    if (able.empty()) {
      c.settled = true;
      show_if_due(c.number);
      return;
    }
    show_progress(c);
    const std::int64_t begin_ns = now_ns();
    std::vector<const cell_spec*> members;
    for (const std::size_t i : able) members.push_back(&cells_[i]);
    std::vector<block_arm> contenders = contenders_of(members, make_);
    for (std::size_t k = 0; k < able.size(); ++k) contenders[k].slice = slices_[able[k]];
    watch_.begin_block();
    std::mt19937_64 random = generator_of(options_.seed, c.blocks, number);
    std::vector<arm_record> records = measure_block(contenders, options_.block, random).arms;
    watch_.end_block();
    for (std::size_t k = 0; k < able.size(); ++k) take(able[k], records[k]);
    ++block_;
    ++c.blocks;
    c.next_pass = pass_ + 1;
    c.measured_s += static_cast<double>(now_ns() - begin_ns) * 1e-9;
    separate_busy_arms(c, able, records);
    c.settled = c.settled || is_settled(c);
    if (options_.save) options_.save();
    show_if_due(c.number);
  }

  bool is_settled(const planned_contest& c) const {
    if (options_.repetitions > 0) return has_repetitions(c);
    const std::uint32_t blocks = cells_[c.cells.front()].blocks;
    return (blocks > 0 && c.blocks >= blocks) || options_.is_settled(all_, c.cells);
  }

  /// Shows a contest as soon as it is decided or settled.
  void show_if_due(std::size_t number) {
    if (shown_[number]) return;
    bool is_settled = true, may_be_decided = bool(options_.is_decided);
    for (const planned_contest& part : contests_) {
      if (part.number != number) continue;
      is_settled = is_settled && part.settled;
      may_be_decided = may_be_decided && part.blocks >= min_blocks_decided;
    }
    if (!is_settled && !may_be_decided) return;
    const results of_contest = results_of(number);
    if (is_settled || options_.is_decided(of_contest)) show(number, of_contest);
  }

  void show(std::size_t number, const results& of_contest) {
    shown_[number] = true;
    if (options_.show_contest) options_.show_contest(of_contest);
  }

  /// Returns the cells of a contest, with the findings of its blocks so far.
  results results_of(std::size_t number) const {
    std::set<std::size_t> indices;
    for (const planned_contest& part : contests_)
      if (part.number == number) indices.insert(part.cells.begin(), part.cells.end());
    results of_contest;
    of_contest.equal = all_.equal;
    std::vector<planned_cell> cells;
    for (const std::size_t i : indices) {
      cells.push_back(cells_[i]);
      of_contest.cells.push_back(all_.cells[i]);
    }
    pool_findings(cells, of_contest);
    judge_ceilings(of_contest);
    return of_contest;
  }

  /// Returns true if each cell that has not failed has the requested number of samples.
  bool has_repetitions(const planned_contest& c) const {
    return std::all_of(c.cells.begin(), c.cells.end(), [&](std::size_t i) {
      return all_.cells[i].status != cell_status::ok ||
             all_.cells[i].samples.size() >= options_.repetitions;
    });
  }

  void take(std::size_t i, arm_record& record) {
    cell_result& cell = all_.cells[i];
    if (record.failure) {
      cell.reason = record.failure->what();
      slices_[i].reset();
      if (is_refusal(cell, *record.failure)) {
        cell.status = cell_status::skipped;
        return;
      }
      if (++failures_[i] == max_failures) cell.status = cell_status::failed;
      return;
    }
    slices_[i] = record.slice;
    sample s = std::move(*record.total);
    watch_.describe(s);
    s.block = block_;
    s.pass = pass_;
    s.sequence = sequence_++;
    s.idle_cpu_s = record.idle_cpu_s;
    s.idle_s = record.idle_s;
    cell.samples.push_back(std::move(s));
    all_.environment.insert(record.environment.begin(), record.environment.end());
    for (const finding& f : record.findings) add_finding(cell, f);
    if (!record.has_windows)
      add_finding(
          cell,
          {"no_window", "the cell knows only protocol 1: start and drain are part of its figures"});
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
    progress.total = shown_.size();
    progress.done = static_cast<std::size_t>(std::count(shown_.begin(), shown_.end(), true));
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
  const arm_factory& make_;
  machine_watch& watch_;
  const measuring_options& options_;
  std::deque<planned_contest> contests_;  ///< a deque: one may be added while one is measured
  std::vector<bool> shown_;               ///< by number of the contest: it was shown
  std::vector<int> failures_;             ///< by cell
  std::vector<int> busy_blocks_;          ///< by cell
  std::vector<std::optional<slice_plan>> slices_;  ///< by cell
  std::uint64_t block_ = 0, sequence_ = 0, pass_ = 0;
  double earlier_s_ = 0;  ///< duration of the blocks of the interrupted run
  std::int64_t start_ns_ = 0;
};

}  // namespace

void run_contests(std::vector<planned_cell>& cells, results& all, const arm_factory& make,
                  machine_watch& watch, const measuring_options& options) {
  contest_run run(cells, all, make, watch, options);
  run.run();
  run.settle_failures();
  pool_findings(cells, all);
  judge_ceilings(all);
  run.show_others();
}

}  // namespace crossover
