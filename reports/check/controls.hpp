#pragma once

#include <functional>
#include <random>
#include <span>
#include <vector>

#include "reports/check/gate.hpp"
#include "reports/check/paired_cells.hpp"

namespace crossover {

/// Share of the time for the controls; this part of the budget is kept for them.
inline constexpr double control_share = 0.1;

/// The cell of the controls, and the number of blocks that each of them gets at first.
struct control_plan {
  std::size_t cell = 0;
  unsigned blocks = 0;
  double location_sd = 0, total_sd = 0;  ///< s.d. of a block's log ratio, by location and by total
  double tolerate = 0, detect = 0;       ///< thresholds of the cell
};

/// Plans the controls. Their cell is one that `can_be_slowed` and scatters at most twice as much as
/// the median of the suite, otherwise any. Among these, cells up to the median come first, and of
/// these the cheapest. The plan assumes at least the median scatter, because a cell that is chosen
/// for a small scatter has a greater one in truth. nullopt if no cell has two blocks. `measured[i]`
/// belongs to `cells[i]`.
std::optional<control_plan> plan_controls(std::span<const gated_cell> cells,
                                          std::span<const measured_cell> measured,
                                          const std::function<bool(std::size_t)>& can_be_slowed);

/// Returns the reason if a control shows the wrong result, otherwise "". A cell compared with
/// itself may not differ by more than is tolerated, but a slowed cell must. The margin of both is
/// three standard errors.
std::string contradiction_of(const control_plan& plan, const control_comparison& control);

/// Input of the controls from a check.
struct control_request {
  const paired_cells& source;
  std::vector<std::size_t> indices;  ///< cells of the source that the gate measured
  std::vector<gated_cell> cells;
  std::vector<measured_cell> measured;
  std::function<bool()> is_over;                        ///< true if the time is spent
  std::function<void(const std::string& cell)> begins;  ///< called before each block
};

/// Measures the two controls of a check: the baseline against itself, and against itself with a
/// slowdown of `detect`. The slowdown is computed from the readings of the first control if the
/// cell cannot be slowed, or if that would exceed the time for controls. A control that looks wrong
/// gets four times its blocks and is judged by all of them. Throws `interrupted`.
std::vector<control_comparison> measure_controls(const control_request& request,
                                                 std::mt19937_64& random);

}  // namespace crossover
