#include "bench/measure/contest_display.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "bench/measure/findings.hpp"

namespace crossover {
namespace {

/// Blocks of a contest before it may be shown as decided: fewer would often show another verdict
/// than the end of the run.
constexpr std::size_t min_blocks_decided = 8;

}  // namespace

contest_display::contest_display(const std::vector<planned_cell>& cells, const results& all,
                                 const std::deque<planned_contest>& contests,
                                 const judge& is_decided, const presenter& show)
    : cells_(cells), all_(all), contests_(contests), is_decided_(is_decided), show_(show) {
  for (const planned_contest& c : contests)
    if (c.number >= shown_.size()) shown_.resize(c.number + 1);
}

void contest_display::show_if_due(std::size_t number) {
  if (shown_[number]) return;
  bool is_settled = true, may_be_decided = bool(is_decided_);
  for (const planned_contest& part : contests_) {
    if (part.number != number) continue;
    is_settled = is_settled && part.settled;
    may_be_decided = may_be_decided && part.blocks >= min_blocks_decided;
  }
  if (!is_settled && !may_be_decided) return;
  const results of_contest = results_of(number);
  if (is_settled || is_decided_(of_contest)) show(number, of_contest);
}

void contest_display::show_others() {
  for (std::size_t number = 0; number < shown_.size(); ++number)
    if (!shown_[number]) show(number, results_of(number));
}

measuring_progress contest_display::progress(const planned_contest& c, std::uint32_t repetitions,
                                             double budget_s, double elapsed_s) const {
  measuring_progress progress;
  progress.unit = "contests decided";
  progress.total = count();
  progress.done = static_cast<std::size_t>(std::count(shown_.begin(), shown_.end(), true));
  if (repetitions == 0) {
    progress.left_s = std::max(0.0, budget_s - elapsed_s);
  } else if (const std::size_t done = count_blocks(contests_); done > 0) {
    std::size_t left = 0;
    for (const planned_contest& other : contests_)
      left += repetitions - std::min<std::size_t>(other.blocks, repetitions);
    progress.left_s = elapsed_s / static_cast<double>(done) * static_cast<double>(left);
  }
  const planned_cell& any = cells_[c.cells.front()];
  progress.cell = fmt::format("{}, {} core{}, {} in flight", any.workload, *any.cores,
                              *any.cores == 1 ? "" : "s", *any.in_flight);
  return progress;
}

void contest_display::show(std::size_t number, const results& of_contest) {
  shown_[number] = true;
  if (show_) show_(of_contest);
}

/// Returns the cells of a contest, with the findings of its blocks so far.
results contest_display::results_of(std::size_t number) const {
  std::set<std::size_t> indices;
  for (const planned_contest& part : contests_)
    if (part.number == number) indices.insert(part.cells.begin(), part.cells.end());
  results of_contest;
  of_contest.equal = all_.equal;
  of_contest.hosts = all_.hosts;
  std::vector<planned_cell> cells;
  for (const std::size_t i : indices) {
    cells.push_back(cells_[i]);
    of_contest.cells.push_back(all_.cells[i]);
  }
  pool_findings(cells, of_contest);
  judge_ceilings(of_contest);
  return of_contest;
}

std::size_t count_blocks(const std::deque<planned_contest>& contests) {
  std::size_t blocks = 0;
  for (const planned_contest& c : contests) blocks += c.blocks;
  return blocks;
}

}  // namespace crossover
