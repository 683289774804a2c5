#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reports/contests.hpp"

namespace crossover {

/// Lowest and highest value on an axis; 0 if the contests have none.
struct extent {
  double from = 0, to = 0;
  bool operator==(const extent&) const = default;
};

/// Everything that the contests of a box have in common, apart from the axes.
struct common_values {
  std::string workload;
  std::map<std::string, std::string> parameters;  ///< without `cpu` and `wait` if these are axes
  std::optional<double> rate;
  auto operator<=>(const common_values&) const = default;
};

/// Contests that fill a box of the four axes and have the same verdict and leading models.
struct contest_box {
  common_values common;
  extent in_flight, cores, wait, cpu;
  std::string answer;                 ///< verdict and leading models
  std::vector<std::size_t> contests;  ///< indices, in the order of their places
};

/// Returns the boxes of the contests, ascending by their lowest places. One group per workload with
/// its parameters, in order of appearance. Leaves out contests of a single model if others have
/// more.
std::vector<std::vector<contest_box>> boxes_of(const std::vector<contest>& contests);

}  // namespace crossover
