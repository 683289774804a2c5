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
constexpr std::uint64_t first_confirmation_round = 1'000'000;

enum class condition { measurable, failed, unjudged };

struct cell_state {
  gated_cell gated;
  measured_cell measured;
  std::vector<std::string> orders;  ///< slice orders of all blocks, first those of the screen
  condition now = condition::measurable;
};

class gate_run {
 public:
  gate_run(block_source& source, const gate_options& options, const gate_observer& observer)
      : source_(source), options_(options), observer_(observer), random_(options.flips.seed) {}

  check_result run(const thresholds& per_cell) {
    prepare_cells(per_cell);
    const std::vector<std::size_t> prepared = measurable();
    if (prepared.empty()) return finish(nothing_measured());
    options_.budget_s = std::max(0.0, budget_s_ - elapsed_s());
    const block_plan plan = plan_blocks(options_, gated(prepared));
    if (observer_.planned) observer_.planned(plan_text(plan, options_, prepared.size()));
    plan_left_s_ = plan.expected_s;
    total_ = plan.screen_blocks * prepared.size() + plan.confirm_blocks * plan.expected_survivors;
    if (plan.screens) screen(plan);
    confirm(plan);

    const std::vector<std::size_t> remaining = measurable();
    if (remaining.empty()) return finish(nothing_measured());
    std::vector<measured_cell> measured;
    for (const std::size_t i : remaining) measured.push_back(cells_[i].measured);
    check_result result = compare_blocks(plan, options_, gated(remaining), measured);
    for (std::size_t k = 0; k < remaining.size(); ++k) {
      for (std::string& caveat : source_.caveats(remaining[k]))
        result.cells[k].notes.push_back(std::move(caveat));
      const std::vector<std::string>& orders = cells_[remaining[k]].orders;
      cell_comparison& cell = result.cells[k];
      const std::size_t before =
          cells_[remaining[k]].measured.confirm.empty() ? 0 : cell.screen_blocks;
      if (before + cell.blocks <= orders.size())
        cell.block_orders.assign(
            orders.begin() + static_cast<std::ptrdiff_t>(before),
            orders.begin() + static_cast<std::ptrdiff_t>(before + cell.blocks));
    }
    if (out_of_time_)
      result.notes.push_back(fmt::format(
          "the budget of {:.3g} s ran out before the plan was complete; raise --budget or "
          "select fewer cells",
          budget_s_));
    return finish(std::move(result));
  }

 private:
  void prepare_cells(const thresholds& per_cell) {
    const std::vector<std::string> names = source_.cells();
    for (const std::string& name : names) {
      const cell_thresholds judged =
          thresholds_of(per_cell, name, {options_.rates.tolerate, options_.rates.detect});
      cells_.push_back({{name, judged.tolerate, judged.detect}, {}, {}, condition::measurable});
    }
    total_ = names.size();
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if (observer_.progress)
        observer_.progress({i, cells_.size(), -1, "preparing " + cells_[i].gated.name});
      guarded(i, 0, [&] { cells_[i].gated.block_s = source_.prepare(i); });
    }
  }

  void screen(const block_plan& plan) {
    for (unsigned round = 0; round < plan.screen_blocks && !out_of_time_; ++round)
      for (const std::size_t i : shuffled(measurable()))
        measure(i, cells_[i].measured.screen, round);
  }

  void confirm(const block_plan& plan) {
    const std::vector<std::size_t> screened_cells = measurable();
    if (screened_cells.empty() || out_of_time_) return;
    std::vector<std::vector<block>> screened;
    for (const std::size_t i : screened_cells) screened.push_back(cells_[i].measured.screen);
    const std::vector<survivor> confirmed =
        survivors(plan, options_, gated(screened_cells), screened);
    for (unsigned round = 0; !out_of_time_; ++round) {
      std::vector<std::size_t> cells_of_round;
      plan_left_s_ = 0;
      total_ = done_;
      for (const survivor& survivor_cell : confirmed) {
        const std::size_t i = screened_cells[survivor_cell.cell];
        const cell_state& cell = cells_[i];
        if (round >= survivor_cell.blocks || cell.now != condition::measurable) continue;
        if (enough_blocks(plan, options_, cell.gated, confirmed.size(), cell.measured.confirm))
          continue;
        cells_of_round.push_back(i);
        total_ += survivor_cell.blocks - round;
        plan_left_s_ += (survivor_cell.blocks - round) * cell.gated.block_s;
      }
      if (cells_of_round.empty()) return;
      for (const std::size_t i : shuffled(cells_of_round))
        measure(i, cells_[i].measured.confirm, first_confirmation_round + round);
    }
  }

  void measure(std::size_t i, std::vector<block>& into, std::uint64_t round) {
    if (cells_[i].now != condition::measurable || out_of_time_) return;
    if (was_interrupted()) throw interrupted();
    if (elapsed_s() > budget_s_) {
      out_of_time_ = true;
      return;
    }
    if (observer_.progress)
      observer_.progress(
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
    } catch (const side_failure& e) {
      cell.now = condition::failed;
      const side other = e.which() == side::candidate ? side::baseline : side::candidate;
      const std::string other_error = source_.probe(i, other);
      const std::string reason =
          block_number == 0 ? e.what() : fmt::format("in block {}: {}", block_number, e.what());
      const std::string& name = cell.gated.name;
      if (!other_error.empty())
        unmatched_.failing.push_back(
            {name, fmt::format("{} (and the {}: {})", reason,
                               other == side::baseline ? "baseline" : "candidate", other_error)});
      else if (e.which() == side::candidate)
        unmatched_.newly_failing.push_back({name, reason});
      else if (block_number == 0)
        unmatched_.added.push_back({name, "failed before: " + reason});
      else  // the old side worked at first and fails now and then: no comparison is possible
        unmatched_.failing.push_back({name, "baseline " + reason});
    } catch (const error& e) {
      cell.now = condition::unjudged;
      cell.measured.notes.push_back(e.what());
    }
  }

  std::vector<std::size_t> measurable() const {
    std::vector<std::size_t> indices;
    for (std::size_t i = 0; i < cells_.size(); ++i)
      if (cells_[i].now == condition::measurable) indices.push_back(i);
    return indices;
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
    check_result result;
    result.plan = plan_of(options_);
    result.metric_label = judged_metric(options_.metric).label;
    return result;
  }

  check_result finish(check_result result) const {
    result.newly_failing = unmatched_.newly_failing;
    result.failing = unmatched_.failing;
    result.added = unmatched_.added;
    for (const cell_state& state : cells_) {
      if (state.now != condition::unjudged) continue;
      cell_comparison cell;
      cell.name = state.gated.name;
      cell.metric = options_.metric;
      cell.tolerate = state.gated.tolerate;
      cell.detect = state.gated.detect;
      cell.remedy = state.measured.notes.back();
      result.cells.push_back(std::move(cell));
    }
    result.plan.wall_s = elapsed_s();
    return result;
  }

  double elapsed_s() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  }

  block_source& source_;
  gate_options options_;
  const gate_observer& observer_;
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
                      const gate_observer& observer) {
  return gate_run(source, options, observer).run(per_cell);
}

}  // namespace crossover
