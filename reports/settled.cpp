#include "reports/settled.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "reports/contests.hpp"
#include "reports/machine_types.hpp"
#include "reports/panels.hpp"
#include "reports/statistics/stopping.hpp"

namespace crossover {

namespace {

using block_place = std::pair<std::uint64_t, std::uint32_t>;  // number of the block, host

block_place place_of(const sample& s) { return {*s.block, s.host.value_or(0)}; }

/// Series of a contest over its blocks on some hosts; without a fleet, over all.
struct contest_series {
  std::vector<block_values> contenders;
  block_values anchor;
  block_hosts hosts;  ///< of each block; empty without a fleet
  std::size_t blocks = 0;
};

/// Reads the first `most` blocks.
contest_series series_of(const results& all, const std::vector<std::size_t>& cells,
                         const std::vector<std::uint32_t>& hosts, std::size_t most) {
  const auto is_counted = [&](const sample& s) {
    return s.block && (hosts.empty() || std::binary_search(hosts.begin(), hosts.end(), *s.host));
  };
  std::map<block_place, std::size_t> positions;
  for (const std::size_t i : cells)
    for (const sample& s : all.cells[i].samples)
      if (is_counted(s)) positions.emplace(place_of(s), 0);
  contest_series series;
  for (auto& [place, position] : positions) position = series.blocks++;
  series.blocks = std::min(series.blocks, most);
  if (!hosts.empty())
    for (const auto& [place, position] : positions)
      if (position < series.blocks) series.hosts.push_back(place.second);

  const auto values_of = [&](const cell_result& cell) {
    block_values values(series.blocks);
    for (const sample& s : cell.samples) {
      if (!is_counted(s) || s.operations == 0) continue;
      const std::size_t position = positions.at(place_of(s));
      if (position < values.size())
        values[position] = std::log(static_cast<double>(s.operations) / s.wall_s);
    }
    return values;
  };
  for (const std::size_t i : cells) {
    const cell_result& cell = all.cells[i];
    if (cell.status != cell_status::ok) continue;
    if (cell.model == name_of_reference)
      series.anchor = values_of(cell);
    else
      series.contenders.push_back(values_of(cell));
  }
  return series;
}

/// The number of blocks at the latest look; 0 before the first.
std::size_t latest_look(const stopping_rule& rule, std::size_t blocks) {
  std::size_t latest = 0;
  for (auto look = next_look(rule, 0); look && *look <= blocks; look = next_look(rule, *look))
    latest = *look;
  return latest;
}

}  // namespace

bool blocks_settle(const results& all, const std::vector<std::size_t>& cells) {
  constexpr auto every_block = std::numeric_limits<std::size_t>::max();
  stopping_rule rule;
  rule.ranking.margin = all.equal;
  const auto is_enough = [&](const contest_series& series) {
    if (series.contenders.size() < 2) return true;
    rule.ranking.run = autocorrelation_of(all);
    return is_settled(
        paired_differences(series.contenders, series.anchor, rule.ranking.run, series.hosts), rule);
  };
  if (all.hosts.empty()) {
    const contest_series series = series_of(all, cells, {}, every_block);
    if (series.blocks < rule.first_look || next_look(rule, series.blocks - 1) != series.blocks)
      return series.blocks >= rule.most_blocks;
    return is_enough(series);
  }
  // Each type has looks of its own. The answer can change only when one of them is at a look.
  std::vector<std::pair<const machine_type*, std::size_t>> looks;
  bool is_at_look = false;
  const std::vector<machine_type> types = machine_types_of(all);
  for (const machine_type& type : types) {
    const std::size_t blocks = series_of(all, cells, type.hosts, every_block).blocks;
    if (blocks == 0) continue;  // no host of the type can run the cells
    const std::size_t look = latest_look(rule, blocks);
    if (look == 0) return false;
    is_at_look = is_at_look || look == blocks;
    if (blocks < rule.most_blocks) looks.emplace_back(&type, look);
  }
  return looks.empty() ||
         (is_at_look && std::all_of(looks.begin(), looks.end(), [&](const auto& look) {
            return is_enough(series_of(all, cells, look.first->hosts, look.second));
          }));
}

}  // namespace crossover
