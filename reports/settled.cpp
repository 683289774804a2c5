#include "reports/settled.hpp"

#include <cmath>
#include <map>

#include "reports/contests.hpp"
#include "reports/panels.hpp"
#include "reports/statistics/stopping.hpp"

namespace crossover {

bool blocks_settle(const results& all, const std::vector<std::size_t>& cells) {
  std::map<std::uint64_t, std::size_t> positions;  // block number -> position in time
  for (const std::size_t i : cells)
    for (const sample& s : all.cells[i].samples)
      if (s.block) positions.emplace(*s.block, 0);
  std::size_t count = 0;
  for (auto& [block, position] : positions) position = count++;

  const auto values_of = [&](const cell_result& cell) {
    block_values values(count);
    for (const sample& s : cell.samples)
      if (s.block && s.operations > 0)
        values[positions.at(*s.block)] = std::log(static_cast<double>(s.operations) / s.wall_s);
    return values;
  };
  std::vector<block_values> contenders;
  block_values anchor;
  for (const std::size_t i : cells) {
    const cell_result& cell = all.cells[i];
    if (cell.status != cell_status::ok) continue;
    if (cell.model == name_of_reference)
      anchor = values_of(cell);
    else
      contenders.push_back(values_of(cell));
  }
  stopping_rule rule;
  rule.ranking.margin = all.equal;
  if (count < rule.first_look || next_look(rule, count - 1) != count)
    return count >= rule.most_blocks;
  if (contenders.size() < 2) return true;
  rule.ranking.run = autocorrelation_of(all);
  return is_settled(paired_differences(contenders, anchor, rule.ranking.run), rule);
}

}  // namespace crossover
