#pragma once

#include <string>
#include <vector>

#include "reports/statistics/change_points.hpp"

namespace crossover {

/// One cell's way through a history.
struct timeline_run {
  std::string commit;
  std::string date;
  double value = 0;  ///< the metric's geometric mean over the repetitions, in the metric's unit
};
struct timeline {
  std::string cell;
  std::vector<timeline_run> runs;  ///< those that measured the cell, oldest first
  std::vector<change_point>
      changes;  ///< indices into `runs`; shifts are positive where it became worse
};

}  // namespace crossover
