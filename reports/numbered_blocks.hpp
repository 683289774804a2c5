#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/results/results.hpp"
#include "reports/contests.hpp"

namespace crossover {

using cell_indices = std::vector<std::size_t>;  ///< into results::cells

/// The numbered blocks of a contest and the series of its cells over them.
class numbered_blocks {
 public:
  numbered_blocks(const results& value, const cell_indices& cells);

  std::size_t size() const { return places_.size(); }
  /// Host of each block; empty without a fleet.
  const block_hosts& hosts() const { return hosts_; }

  /// Logarithms of a metric, one per block; `sign` is -1 if less is better.
  block_values series_of(std::size_t cell, std::string_view metric_id, double sign = 1) const;
  std::vector<block_values> series_of_all(const std::vector<contender>& models,
                                          std::string_view metric_id, double sign = 1) const;

 private:
  using place = std::pair<std::uint64_t, std::uint32_t>;  // number of the block, host
  static place place_of(const sample& s) { return {*s.block, s.host.value_or(0)}; }

  const results& value_;
  std::vector<place> places_;
  block_hosts hosts_;
};

}  // namespace crossover
