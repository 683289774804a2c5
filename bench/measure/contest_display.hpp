#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <vector>

#include "bench/measure/contest_plan.hpp"
#include "bench/measure/progress.hpp"
#include "bench/results/results.hpp"

namespace crossover {

/// Shows each contest of a run once, with the results of only its cells: when it is decided or
/// settled, otherwise at the end of the run.
class contest_display {
 public:
  using judge = std::function<bool(const results& of_contest)>;
  using presenter = std::function<void(const results& of_contest)>;

  /// All arguments must outlive this object. `is_decided` and `show` may be empty.
  contest_display(const std::vector<planned_cell>& cells, const results& all,
                  const std::deque<planned_contest>& contests, const judge& is_decided,
                  const presenter& show);

  /// Shows a contest if it is decided or settled.
  void show_if_due(std::size_t number);
  /// Shows the contests that were neither decided nor settled.
  void show_others();
  std::size_t count() const { return shown_.size(); }

  /// Returns the progress of a run while this contest is measured. `repetitions`: blocks of every
  /// contest; 0: the run ends at the latest when it has taken `budget_s`.
  measuring_progress progress(const planned_contest& c, std::uint32_t repetitions, double budget_s,
                              double elapsed_s) const;

 private:
  void show(std::size_t number, const results& of_contest);
  results results_of(std::size_t number) const;

  const std::vector<planned_cell>& cells_;
  const results& all_;
  const std::deque<planned_contest>& contests_;
  const judge& is_decided_;
  const presenter& show_;
  std::vector<bool> shown_;  ///< by number of the contest
};

/// Returns the number of blocks measured so far.
std::size_t count_blocks(const std::deque<planned_contest>& contests);

}  // namespace crossover
