#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "reports/check/judged_quantities.hpp"
#include "reports/statistics/location.hpp"

namespace crossover {

/// One block of a cell, in fresh processes of both sides.
struct pair_block {
  block_record record = {};        ///< the gate sets its round, and what follows from `failures`
  double seconds = 0;              ///< wall time of the block
  std::vector<slice> slices = {};  ///< in order of measurement; greater figures are worse
  std::string failures[2] = {};  ///< of baseline and candidate: it crashed, timed out or was wrong
};

/// The cells that a gate compares, and where their blocks come from: measured, resampled or
/// simulated. The functions throw `interrupted`, and `error` if the cell cannot be judged, as when
/// it has no such metric.
struct paired_cells {
  std::vector<std::string> names;
  /// Pairs of links, each of one link of the baseline and one of the candidate; 0: both sides have
  /// a single link. Blocks of a round are measured with the pair of its number.
  unsigned link_pairs = 0;
  /// Takes a first look at a cell; the result's `seconds` is the expected time of a block. If a
  /// process failed, `measure` is called nevertheless.
  std::function<pair_block(std::size_t cell)> prepare;
  std::function<pair_block(std::size_t cell, std::uint64_t round)> measure;
  /// Receives the cells of a round before their blocks are measured, so that one start of a program
  /// can measure all of them; may be empty.
  std::function<void(const std::vector<std::size_t>& cells)> begin_round = {};
  /// Remarks on the validity of a cell's figures, from all its blocks; may be empty.
  std::function<std::vector<std::string>(std::size_t cell)> caveats = {};
  /// Measures a block whose two sides are the baseline; the second one does `slower` more work if
  /// the cell can be slowed, and none otherwise. Empty: the check has no controls.
  std::function<pair_block(std::size_t cell, double slower)> measure_control = {};
  std::function<bool(std::size_t cell, double slower)> can_be_slowed = {};  ///< empty: no cell can
};

}  // namespace crossover
