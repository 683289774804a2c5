#include "tools/check/run_gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <random>

#include "reports/check/judged_metric.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

/// Number of the first round of the confirmation. Its blocks are never flipped together with those
/// of the screen.
constexpr std::uint64_t first_confirming_round = 1'000'000;

enum class condition { measurable, failed, unjudged };

struct cell_state {
  gated_cell gated;
  measured_cell measured;
  std::vector<std::string> orders;  ///< slice orders of the screen's, then confirmation's blocks
  condition now = condition::measurable;
};

class gate_run {
 public:
  gate_run(block_source& source, const gate_options& options, const gate_watch& watch)
      : source_(source), options_(options), watch_(watch), random_(options.flips.seed) {}

  check_result go(const thresholds& per_cell) {
    look_at_all(per_cell);
    const std::vector<std::size_t> looked = measurable();
    if (looked.empty()) return finish(nothing_measured());
    options_.budget_s = std::max(0.0, budget_s_ - elapsed_s());
    const block_plan plan = plan_blocks(options_, gated(looked));
    if (watch_.planned) watch_.planned(in_words(plan, options_, looked.size()));
    plan_left_s_ = plan.expected_s;
    total_ = plan.screen_blocks * looked.size() + plan.confirm_blocks * plan.expected_survivors;
    if (plan.screens) screen(plan);
    confirm(plan);

    const std::vector<std::size_t> left = measurable();
    if (left.empty()) return finish(nothing_measured());
    std::vector<measured_cell> measured;
    for (const std::size_t i : left) measured.push_back(cells_[i].measured);
    check_result found = compare_blocks(plan, options_, gated(left), measured);
    for (std::size_t k = 0; k < left.size(); ++k) {
      for (std::string& doubt : source_.caveats(left[k]))
        found.cells[k].notes.push_back(std::move(doubt));
      const std::vector<std::string>& orders = cells_[left[k]].orders;
      cell_comparison& cell = found.cells[k];
      const std::size_t before = cells_[left[k]].measured.confirm.empty() ? 0 : cell.screen_blocks;
      if (before + cell.blocks <= orders.size())
        cell.block_orders.assign(
            orders.begin() + static_cast<std::ptrdiff_t>(before),
            orders.begin() + static_cast<std::ptrdiff_t>(before + cell.blocks));
    }
    if (out_of_time_)
      found.notes.push_back(
          fmt::format("the budget of {:.3g} s ended before the plan was done; raise --budget or "
                      "select fewer cells",
                      budget_s_));
    return finish(std::move(found));
  }

 private:
  void look_at_all(const thresholds& per_cell) {
    const std::vector<std::string> names = source_.cells();
    for (const std::string& name : names) {
      const cell_thresholds judged =
          thresholds_of(per_cell, name, {options_.tolerate, options_.detect});
      cells_.push_back({{name, judged.tolerate, judged.detect}, {}, {}, condition::measurable});
    }
    total_ = names.size();
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if (watch_.progress)
        watch_.progress({i, cells_.size(), -1, "a first look at " + cells_[i].gated.name});
      guarded(i, 0, [&] { cells_[i].gated.block_s = source_.prepare(i); });
    }
  }

  void screen(const block_plan& plan) {
    for (unsigned round = 0; round < plan.screen_blocks && !out_of_time_; ++round)
      for (const std::size_t i : shuffled(measurable()))
        measure(i, cells_[i].measured.screen, round);
  }

  void confirm(const block_plan& plan) {
    const std::vector<std::size_t> there = measurable();
    if (there.empty() || out_of_time_) return;
    std::vector<std::vector<block>> screened;
    for (const std::size_t i : there) screened.push_back(cells_[i].measured.screen);
    const std::vector<survivor> going_on = survivors(plan, options_, gated(there), screened);
    for (unsigned round = 0; !out_of_time_; ++round) {
      std::vector<std::size_t> turn;
      plan_left_s_ = 0;
      total_ = done_;
      for (const survivor& one : going_on) {
        const std::size_t i = there[one.cell];
        const cell_state& cell = cells_[i];
        if (round >= one.blocks || cell.now != condition::measurable) continue;
        if (enough_blocks(plan, options_, cell.gated, going_on.size(), cell.measured.confirm))
          continue;
        turn.push_back(i);
        total_ += one.blocks - round;
        plan_left_s_ += (one.blocks - round) * cell.gated.block_s;
      }
      if (turn.empty()) return;
      for (const std::size_t i : shuffled(turn))
        measure(i, cells_[i].measured.confirm, first_confirming_round + round);
    }
  }

  void measure(std::size_t i, std::vector<block>& into, std::uint64_t round) {
    if (cells_[i].now != condition::measurable || out_of_time_) return;
    if (was_interrupted()) throw interrupted();
    if (elapsed_s() > budget_s_) {
      out_of_time_ = true;
      return;
    }
    if (watch_.progress)
      watch_.progress(
          {done_, std::max(total_, done_ + 1), std::max(0.0, plan_left_s_), cells_[i].gated.name});
    guarded(i, into.size() + 1, [&] {
      into.push_back({source_.measure(i), round});
      cells_[i].orders.push_back(source_.last_order());
    });
    ++done_;
    plan_left_s_ -= cells_[i].gated.block_s;
  }

  /// Runs `act` on a cell and removes the cell if it throws. Block 0 is the preparation.
  template <typename Function>
  void guarded(std::size_t i, std::size_t block_number, Function act) {
    cell_state& cell = cells_[i];
    try {
      act();
    } catch (const interrupted&) {
      throw;
    } catch (const side_failure& trouble) {
      cell.now = condition::failed;
      const side other = trouble.which() == side::new_side ? side::old_side : side::new_side;
      const std::string others = source_.trouble(i, other);
      const std::string why = block_number == 0
                                  ? trouble.what()
                                  : fmt::format("in block {}: {}", block_number, trouble.what());
      const std::string& name = cell.gated.name;
      if (!others.empty())
        unmatched_.failing.push_back(
            {name, fmt::format("{} (and the {} side: {})", why,
                               other == side::old_side ? "old" : "new", others)});
      else if (trouble.which() == side::new_side)
        unmatched_.newly_failing.push_back({name, why});
      else if (block_number == 0)
        unmatched_.added.push_back({name, "failed before: " + why});
      else  // the old side worked at first and fails now and then: no comparison is possible
        unmatched_.failing.push_back({name, "the old side " + why});
    } catch (const error& trouble) {
      cell.now = condition::unjudged;
      cell.measured.notes.push_back(trouble.what());
    }
  }

  std::vector<std::size_t> measurable() const {
    std::vector<std::size_t> there;
    for (std::size_t i = 0; i < cells_.size(); ++i)
      if (cells_[i].now == condition::measurable) there.push_back(i);
    return there;
  }

  std::vector<gated_cell> gated(const std::vector<std::size_t>& which) const {
    std::vector<gated_cell> all;
    for (const std::size_t i : which) all.push_back(cells_[i].gated);
    return all;
  }

  std::vector<std::size_t> shuffled(std::vector<std::size_t> order) {
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random_() % i]);
    return order;
  }

  check_result nothing_measured() const {
    check_result found;
    found.plan.tolerate = options_.tolerate;
    found.plan.detect = options_.detect;
    found.plan.false_alarms = options_.false_alarms;
    found.plan.power = options_.power;
    found.plan.seed = options_.flips.seed;
    found.metric_label = judged_metric(options_.metric).label;
    return found;
  }

  check_result finish(check_result found) const {
    found.newly_failing = unmatched_.newly_failing;
    found.failing = unmatched_.failing;
    found.added = unmatched_.added;
    for (const cell_state& state : cells_) {
      if (state.now != condition::unjudged) continue;
      cell_comparison cell;
      cell.name = state.gated.name;
      cell.metric = options_.metric;
      cell.tolerate = state.gated.tolerate;
      cell.detect = state.gated.detect;
      cell.remedy = state.measured.notes.back();
      found.cells.push_back(std::move(cell));
    }
    found.plan.wall_s = elapsed_s();
    return found;
  }

  double elapsed_s() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  }

  block_source& source_;
  gate_options options_;
  const gate_watch& watch_;
  std::mt19937_64 random_;
  const double budget_s_ = options_.budget_s;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::vector<cell_state> cells_;
  check_result unmatched_;
  std::size_t done_ = 0, total_ = 0;
  double plan_left_s_ = 0;
  bool out_of_time_ = false;
};

}  // namespace

check_result run_gate(block_source& source, gate_options options, const thresholds& per_cell,
                      const gate_watch& watch) {
  return gate_run(source, options, watch).go(per_cell);
}

}  // namespace crossover
