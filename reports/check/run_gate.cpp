#include "reports/check/run_gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <random>

#include "reports/check/block_numbers.hpp"
#include "reports/check/controls.hpp"
#include "reports/check/judged_metric.hpp"
#include "workloads/base/error.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

/// Number of the first round of the confirmation. Its blocks are never flipped together with those
/// of the screen.
constexpr std::uint64_t first_confirmation_round = 1'000'000;

/// A cell whose baseline failed in each of this many first blocks is not measured again.
constexpr unsigned max_failed_baselines = 3;

enum class condition { measurable, failed, unjudged };

struct failed_side {
  unsigned blocks = 0;  ///< blocks with a failure of it
  std::string first;    ///< the reason of its first failure
};

struct cell_state {
  gated_cell gated;
  measured_cell measured;
  condition now = condition::measurable;
  unsigned blocks = 0;  ///< attempted ones; a first look counts if a process failed
  failed_side failed[2];
};

class gate_run {
 public:
  gate_run(const paired_cells& source, const gate_options& options, const gate_observer& observer)
      : source_(source), options_(options), observer_(observer), random_(options.flips.seed) {
    options_.link_pairs = source.link_pairs;
  }

  check_result run(const thresholds& per_cell, const block_plan* ready_plan) {
    prepare_cells(per_cell);
    const std::vector<std::size_t> prepared = measurable();
    if (prepared.empty()) return finish(nothing_measured());
    options_.budget_s = std::max(0.0, cells_budget_s_ - elapsed_s());
    block_plan plan = ready_plan != nullptr && prepared.size() == cells_.size()
                          ? *ready_plan
                          : plan_blocks(options_, gated(prepared));
    if (observer_.planned) observer_.planned(plan_text(plan, options_, prepared.size()));
    plan_left_s_ = plan.expected_s;
    total_ = plan.screen_blocks * prepared.size() + plan.confirm_blocks * plan.expected_survivors;
    if (plan.screens) screen(plan);
    confirm(plan);
    plan.is_cut_short = out_of_time_;

    const std::vector<std::size_t> remaining = measurable();
    if (remaining.empty()) return finish(nothing_measured());
    check_result result =
        compare_blocks(plan, options_, gated(remaining), measured_blocks(remaining));
    for (std::size_t k = 0; k < remaining.size(); ++k)
      if (source_.caveats)
        for (std::string& caveat : source_.caveats(remaining[k]))
          result.cells[k].notes.push_back(std::move(caveat));
    if (out_of_time_)
      result.notes.push_back(fmt::format(
          "the budget of {:.3g} s ran out before the plan was complete; raise --budget or "
          "select fewer cells",
          budget_s_));
    if (source_.measure_control) result.controls = controls(remaining);
    return finish(std::move(result));
  }

 private:
  void prepare_cells(const thresholds& per_cell) {
    for (const std::string& name : source_.names) {
      const cell_thresholds judged =
          thresholds_of(per_cell, name, {options_.rates.tolerate, options_.rates.detect});
      cells_.emplace_back().gated = {name, judged.tolerate, judged.detect};
    }
    // Too few links are refused before anything is measured.
    if (options_.link_pairs > 0) plan_blocks(options_, gated(measurable()));
    total_ = cells_.size();
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if (observer_.progress)
        observer_.progress({i, cells_.size(), -1, "preparing " + cells_[i].gated.name});
      const auto first = guarded(i, [&] { return source_.prepare(i); });
      if (!first) continue;
      cells_[i].gated.block_s = first->seconds;
      if (first->record.is_measured)
        cells_[i].blocks = 0;
      else
        cells_[i].measured.screen.push_back(first->record);
    }
  }

  void screen(const block_plan& plan) {
    for (unsigned round = 0; round < plan.screen_blocks && !out_of_time_; ++round)
      for (const std::size_t i : announced(without_failures(measurable())))
        measure(i, cells_[i].measured.screen,
                plan.screen_pairs > 0 ? round % plan.screen_pairs : round);
  }

  void confirm(block_plan& plan) {
    const std::vector<std::size_t> screened_cells = measurable();
    if (screened_cells.empty() || out_of_time_) return;
    const std::vector<survivor> confirmed =
        survivors(plan, options_, gated(screened_cells), measured_blocks(screened_cells));
    const unsigned early = fewest_fresh_blocks(plan, options_, confirmed.size());
    for (unsigned round = 0; !out_of_time_; ++round) {
      std::vector<std::size_t> unfinished, all;
      plan_left_s_ = 0;
      total_ = done_;
      for (const survivor& survivor_cell : confirmed) {
        const std::size_t i = screened_cells[survivor_cell.cell];
        const cell_state& cell = cells_[i];
        if (cell.now != condition::measurable || cell.measured.shown) continue;
        all.push_back(i);
        if (enough_blocks(plan, options_, cell.gated, survivor_cell.blocks, confirmed.size(),
                          cell.measured.confirm))
          continue;
        unfinished.push_back(i);
        const unsigned left = std::max(round + 1, survivor_cell.blocks) - round;
        total_ += left;
        plan_left_s_ += left * cell.gated.block_s;
      }
      if (unfinished.empty()) return;
      // No early look with links: half of the level would require more pairs than there may be.
      if (round == early && plan.confirm_pairs == 0) {
        look_early(plan, all);
        std::erase_if(unfinished, [&](std::size_t i) { return cells_[i].measured.shown; });
      }
      for (const std::size_t i : announced(unfinished))
        measure(i, cells_[i].measured.confirm,
                plan.confirm_pairs > 0 ? plan.screen_pairs + round % plan.confirm_pairs
                                       : first_confirmation_round + round);
    }
  }

  std::vector<control_comparison> controls(const std::vector<std::size_t>& remaining) {
    return measure_controls({.source = source_,
                             .indices = remaining,
                             .cells = gated(remaining),
                             .measured = measured_blocks(remaining),
                             .is_over = [this] { return elapsed_s() > budget_s_; },
                             .begins =
                                 [this](const std::string& cell) {
                                   if (was_interrupted()) throw interrupted();
                                   if (observer_.progress)
                                     observer_.progress({done_, done_ + 1, 0, "control: " + cell});
                                 }},
                            random_);
  }

  /// Announces the cells of a round to the source and returns them in random order.
  std::vector<std::size_t> announced(std::vector<std::size_t> cells) {
    cells = shuffled(std::move(cells));
    if (source_.begin_round) source_.begin_round(cells);
    return cells;
  }

  void look_early(block_plan& plan, const std::vector<std::size_t>& confirmed) {
    plan.looks = 2;
    const auto shown = shown_worse(plan, options_, gated(confirmed), measured_blocks(confirmed));
    for (std::size_t k = 0; k < confirmed.size(); ++k)
      cells_[confirmed[k]].measured.shown = shown[k];
  }

  void measure(std::size_t i, std::vector<block_record>& into, std::uint64_t round) {
    if (cells_[i].now != condition::measurable || out_of_time_) return;
    if (was_interrupted()) throw interrupted();
    if (elapsed_s() > cells_budget_s_) {
      out_of_time_ = true;
      return;
    }
    if (observer_.progress)
      observer_.progress(
          {done_, std::max(total_, done_ + 1), std::max(0.0, plan_left_s_), cells_[i].gated.name});
    if (auto measured = guarded(i, [&] { return source_.measure(i, round); })) {
      measured->record.round = round;
      into.push_back(std::move(measured->record));
    }
    ++done_;
    plan_left_s_ -= cells_[i].gated.block_s;
  }

  /// Returns the block that `act` measures, with its failures counted; nullopt if the cell cannot
  /// be judged.
  template <typename Function>
  std::optional<pair_block> guarded(std::size_t i, Function act) {
    cell_state& cell = cells_[i];
    try {
      pair_block measured = act();
      count_failures(cell, measured);
      return measured;
    } catch (const interrupted&) {
      throw;
    } catch (const error& e) {
      cell.now = condition::unjudged;
      cell.measured.notes.push_back(e.what());
    }
    return std::nullopt;
  }

  void count_failures(cell_state& cell, pair_block& measured) {
    ++cell.blocks;
    double* const shares[] = {&measured.record.failed_processes.baseline,
                              &measured.record.failed_processes.candidate};
    for (const int which : {0, 1}) {
      const std::string& reason = measured.failures[which];
      if (reason.empty()) continue;
      measured.record.is_measured = false;
      *shares[which] = 1;
      if (cell.failed[which].blocks++ == 0) cell.failed[which].first = reason;
    }
    if (cell.failed[0].blocks == cell.blocks && cell.blocks >= max_failed_baselines) remove(cell);
  }

  /// Lists a cell whose baseline never works.
  void remove(cell_state& cell) {
    cell.now = condition::failed;
    const auto& [baseline, candidate] = cell.failed;
    if (candidate.blocks == 0)
      unmatched_.added.push_back({cell.gated.name, "failed before: " + baseline.first});
    else
      unmatched_.failing.push_back({cell.gated.name, fmt::format("{} (and the baseline: {})",
                                                                 candidate.first, baseline.first)});
  }

  /// The confirmation decides whether a failure is chance.
  std::vector<std::size_t> without_failures(std::vector<std::size_t> cells) const {
    std::erase_if(cells, [&](std::size_t i) {
      return cells_[i].failed[0].blocks + cells_[i].failed[1].blocks > 0;
    });
    return cells;
  }

  /// Returns the blocks of these cells, with a note for each side that failed.
  std::vector<measured_cell> measured_blocks(const std::vector<std::size_t>& which) const {
    std::vector<measured_cell> all;
    for (const std::size_t i : which) {
      const cell_state& cell = cells_[i];
      measured_cell& measured = all.emplace_back(cell.measured);
      for (const int failing : {0, 1})
        if (const failed_side& side = cell.failed[failing]; side.blocks > 0)
          measured.notes.push_back(fmt::format("the {} failed in {} of {} blocks, at first: {}",
                                               failing == 0 ? "baseline" : "candidate", side.blocks,
                                               cell.blocks, side.first));
    }
    return all;
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
  const double cells_budget_s_ = budget_s_ * (source_.measure_control ? 1 - control_share : 1);
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
