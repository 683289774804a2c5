#pragma once

#include <span>
#include <string>

#include "reports/check/comparison.hpp"
#include "reports/check/error_rates.hpp"
#include "reports/statistics/sign_flip.hpp"

namespace crossover {

struct gate_options {
  error_rates rates;
  double budget_s = 300;        ///< maximum wall time
  std::string metric = "time";  ///< id from the metric table: the metric of the log ratios,
                                ///< oriented so that positive is worse
  /// S.d. of a block's log ratio, by location or total, assumed before anything is measured.
  /// Observed for blocks of ABBA slices on a shared virtual machine: 0.4 % to 1.5 % by location,
  /// 0.5 % to 4 % by total, 1.4 % at the median.
  double block_sd = 0.015;
  /// Share of processes in a regime that must not be missed: the blocks suffice to meet it in the
  /// screen and to show it in the confirmation. 0: no such request.
  double regimes = 0;
  /// Pairs of links; the stages share them out and have none in common. 0: one link of each side.
  unsigned link_pairs = 0;
  flip_options flips;
};

/// A cell to judge, with its thresholds.
struct gated_cell {
  std::string name;
  double tolerate = 0.01;
  double detect = 0.05;
  double block_s = 0.22;  ///< expected wall time of a block: two process starts and the slices
};

struct block_plan {
  bool screens = false;             ///< false: every cell is confirmed without a screen
  unsigned screen_blocks = 0;       ///< blocks per cell
  unsigned confirm_blocks = 0;      ///< blocks per survivor, for the assumed scatter
  unsigned expected_survivors = 0;  ///< number of cells the confirmation is planned for
  double expected_s = 0;            ///< wall time if that many cells survive
  double visible = 0;  ///< smallest slowdown detected with the requested power at the assumed
                       ///< scatter: 0.04 is 4 %
  double bound_level =
      0.025;  ///< error probability of each bound: that of a wrong pass in one stage
  bool within_budget = true;
  unsigned screen_pairs = 0, confirm_pairs = 0;  ///< pairs of links of each stage
  bool is_cut_short = false;  ///< the budget was spent before every cell had its blocks
  unsigned looks = 1;  ///< times that the confirmation is judged, each at its part of the level
};

/// Returns the sizes of both stages. Plans a single stage if it costs at most as much (few cells),
/// otherwise the screen that minimises the cost of screen plus expected confirmations. With links,
/// a screen is planned only if enough pairs are left for the confirmation. Throws `error` (invalid)
/// for shares outside (0, 1), `tolerate` not below `detect`, no cells, or too few pairs of links.
block_plan plan_blocks(const gate_options& options, std::span<const gated_cell> cells);

/// Returns the plan as it is reported; without a `block_plan`, that of a check that measured
/// nothing.
comparison_plan plan_of(const gate_options& options, const block_plan& plan = {});

/// Formats the plan for people in one or two lines: blocks, expected wall time, smallest visible
/// slowdown.
std::string plan_text(const block_plan& plan, const gate_options& options, std::size_t cells);

}  // namespace crossover
