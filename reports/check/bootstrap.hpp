#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reports/check/error_rates.hpp"
#include "reports/check/recordings.hpp"

namespace crossover {

/// Counts of an event; Clopper and Pearson give its share and interval.
struct proportion {
  unsigned times = 0;
  unsigned of = 0;
  void count(bool happened) {
    times += happened ? 1 : 0;
    ++of;
  }
};

/// Recorded blocks of one cell over all suites. The recordings must outlive it.
struct block_pool {
  std::string name;
  std::vector<const recorded_block*> identical = {};  ///< of identical code
  std::vector<const recorded_block*> slower = {};     ///< of suites that slowed this cell down
  double block_s = 0;                                 ///< mean wall time of a block
  proportion found = {};  ///< how often the slowed cell was called a regression
};

/// Returns whether a cell of this name runs on several cores.
bool uses_several_cores(const std::string& name);

struct bootstrap_options {
  unsigned suites = 10'000;  ///< suites per scenario; 0: no resampling
  std::uint64_t seed = 1;
  unsigned draws = 1'999;  ///< sign flips per test, unless they are enumerated
};

/// Outcome of the gate on simulated suites.
struct bootstrap_result {
  std::string scenario;
  proportion false_alarm;  ///< a cell within tolerance was called a regression
  proportion found;        ///< the slower cell was called a regression; `of` is 0 if there is none
  proportion missed;       ///< the slower cell passed
  proportion passed;       ///< the suite passed
  double blocks = 0;       ///< mean per suite
};

/// Runs the gate on suites whose blocks are drawn at random, with replacement, from these pools;
/// one result per scenario. Cells with too few recorded blocks are left out.
///
/// A block of identical code has its sides exchanged at random: both are equally likely, because
/// the order of the arms is random. Then the scenario's defect is added to the slower cell. Effects
/// shared by the blocks of one recorded suite are lost.
std::vector<bootstrap_result> bootstrap_suites(const std::vector<block_pool>& pools,
                                               const error_rates& rates,
                                               const bootstrap_options& options);

}  // namespace crossover
