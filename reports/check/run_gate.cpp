#include "reports/check/run_gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <random>

#include "reports/check/judged_metric.hpp"
#include "workloads/base/error.hpp"
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

/// Returns "ABBA BAAB", from slices in groups of four; A is the baseline.
std::string order_of(const std::vector<slice>& slices) {
  std::string order;
  for (std::size_t i = 0; i + 3 < slices.size(); i += 4)
    order += fmt::format("{}{}", order.empty() ? "" : " ",
                         slices[i].which == side::baseline ? "ABBA" : "BAAB");
  return order;
}

class gate_run {
 public:
  gate_run(const paired_cells& source, const gate_options& options, const gate_observer& observer)
      : source_(source), options_(options), observer_(observer), random_(options.flips.seed) {}

  check_result run(const thresholds& per_cell, const block_plan* ready_plan) {
    prepare_cells(per_cell);
    const std::vector<std::size_t> prepared = measurable();
    if (prepared.empty()) return finish(nothing_measured());
    options_.budget_s = std::max(0.0, budget_s_ - elapsed_s());
    const block_plan plan = ready_plan != nullptr && prepared.size() == cells_.size()
                                ? *ready_plan
                                : plan_blocks(options_, gated(prepared));
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
      if (source_.caveats)
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
    for (const std::string& name : source_.names) {
      const cell_thresholds judged =
          thresholds_of(per_cell, name, {options_.rates.tolerate, options_.rates.detect});
      cells_.push_back({{name, judged.tolerate, judged.detect}, {}, {}, condition::measurable});
    }
    total_ = cells_.size();
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if (observer_.progress)
        observer_.progress({i, cells_.size(), -1, "preparing " + cells_[i].gated.name});
      if (const auto first = guarded(i, 0, [&] { return source_.prepare(i); }))
        cells_[i].gated.block_s = first->seconds;
    }
  }

  void screen(const block_plan& plan) {
    for (unsigned round = 0; round < plan.screen_blocks && !out_of_time_; ++round)
      for (const std::size_t i : announced(measurable()))
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
      for (const std::size_t i : announced(cells_of_round))
        measure(i, cells_[i].measured.confirm, first_confirmation_round + round);
    }
  }

  /// Returns the cells of a round in random order, which the source is told first.
  std::vector<std::size_t> announced(std::vector<std::size_t> cells) {
    cells = shuffled(std::move(cells));
    if (source_.begin_round) source_.begin_round(cells);
    return cells;
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
    if (const auto measured =
            guarded(i, into.size() + 1, [&] { return source_.measure(i, round); })) {
      into.push_back({measured->log_ratio, round});
      cells_[i].orders.push_back(order_of(measured->slices));
    }
    ++done_;
    plan_left_s_ -= cells_[i].gated.block_s;
  }

  /// Returns the block that `act` measures; nullopt if it failed, which removes the cell. Block 0
  /// is the preparation.
  template <typename Function>
  std::optional<pair_block> guarded(std::size_t i, std::size_t block_number, Function act) {
    cell_state& cell = cells_[i];
    try {
      pair_block measured = act();
      if (measured.failures[0].empty() && measured.failures[1].empty()) return measured;
      remove(cell, block_number, measured.failures[0], measured.failures[1]);
    } catch (const interrupted&) {
      throw;
    } catch (const error& e) {
      cell.now = condition::unjudged;
      cell.measured.notes.push_back(e.what());
    }
    return std::nullopt;
  }

  /// Lists a cell of which one side or both failed.
  void remove(cell_state& cell, std::size_t block_number, const std::string& baseline,
              const std::string& candidate) {
    cell.now = condition::failed;
    const std::string when = block_number == 0 ? "" : fmt::format("in block {}: ", block_number);
    const std::string& name = cell.gated.name;
    if (!baseline.empty() && !candidate.empty())
      unmatched_.failing.push_back(
          {name, fmt::format("{}{} (and the baseline: {})", when, candidate, baseline)});
    else if (!candidate.empty())
      unmatched_.newly_failing.push_back({name, when + candidate});
    else if (block_number == 0)
      unmatched_.added.push_back({name, "failed before: " + baseline});
    else  // the old side worked at first and fails now and then: no comparison is possible
      unmatched_.failing.push_back({name, fmt::format("baseline {}{}", when, baseline)});
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

  const paired_cells& source_;
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

check_result run_gate(const paired_cells& cells, gate_options options, const thresholds& per_cell,
                      const gate_observer& observer, const block_plan* ready_plan) {
  return gate_run(cells, options, observer).run(per_cell, ready_plan);
}

}  // namespace crossover
