#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "reports/contests.hpp"
#include "reports/statistics/crossings.hpp"

namespace crossover {

enum class leader_axis {
  cores,      ///< at fixed in flight
  in_flight,  ///< at fixed cores
  cpu_share,  ///< `mixed` at fixed cores and in flight: cpu / (cpu + wait)
};
std::string_view name_of(leader_axis axis);

/// Contests that differ only along one axis, and the changes of the leading models along it.
struct leader_series {
  leader_axis along = leader_axis::cores;
  std::vector<std::size_t> contests;  ///< indices, ascending along the axis
  std::vector<std::string> models;    ///< names of the models that `found` refers to by index
  leadership found;
};

/// Returns the CPU share of a contest's operations; nullopt unless they have `cpu` and `wait`.
std::optional<double> cpu_share_of(const contest& of);

/// Returns every series of two or more contests. Operations with the same CPU share but different
/// CPU times are kept separate: then each CPU time has its own series.
std::vector<leader_series> leaders_along_axes(const std::vector<contest>& contests);

}  // namespace crossover
