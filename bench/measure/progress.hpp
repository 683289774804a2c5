#pragma once

#include <cstddef>
#include <string>

namespace crossover {

/// Progress of a measurement, for display.
struct measuring_progress {
  std::size_t done = 0;
  std::size_t total = 0;
  double left_s = -1;           ///< estimated time left; negative if unknown
  std::string cell;             ///< cell or contest that is measured now
  std::string unit = "blocks";  ///< of `done` and `total`
};

}  // namespace crossover
