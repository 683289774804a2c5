#pragma once

#include <string>
#include <vector>

#include "reports/statistics/change_points.hpp"

namespace crossover {

/// One run in a cell's timeline.
struct timeline_run {
  std::string commit;
  std::string date;
  double value = 0;  ///< geometric mean of the metric over the repetitions, in the metric's unit
};
struct timeline {
  std::string cell;
  std::vector<timeline_run> runs;     ///< runs that measured the cell, oldest first
  std::vector<change_point> changes;  ///< indices into `runs`; positive shifts are worse
};

}  // namespace crossover
