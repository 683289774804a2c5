#pragma once

#include <string>
#include <vector>

#include "reports/check/comparison.hpp"
#include "reports/check/paired_cells.hpp"
#include "tools/check/links.hpp"

namespace crossover {

struct build_pair_options {
  std::vector<std::string> selection;  ///< flags of `list`, the same for both programs
  /// Commands of the two sides' cell processes, if they are not those of the two programs.
  std::vector<std::string> old_cell, new_cell;
  std::vector<std::string> launcher;  ///< command prefix of the cells of both sides
  std::string filter;
  std::string metric = "time";
  std::uint64_t seed = 1;
  double grace_s = 20;
  double slower = 0;      ///< percent of time added to each operation of the new side
  std::string slower_in;  ///< filter of the cells that `slower` applies to
};

/// Returns the cells of two builds of crossover: cell processes of both on the same CPUs and with
/// the same server take turns of about 1 ms (duet benchmarking: Bulej et al. 2020). Cells that only
/// one has, or that one skips, go to `unmatched`. Throws `error`: invalid with the program's
/// message if both reject the selection, unreadable if the links of a side are not of one build.
paired_cells pair_builds(const side_links& programs, const build_pair_options& options,
                         check_result& unmatched);

}  // namespace crossover
