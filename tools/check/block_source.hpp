#pragma once

#include <string>
#include <vector>

#include "reports/statistics/location.hpp"
#include "workloads/base/error.hpp"

namespace crossover {

/// Error of one side: its program crashed, timed out or returned a wrong result.
class side_failure : public error {
 public:
  side_failure(side which, const std::string& why)
      : error(error_kind::failed, why), which_(which) {}
  side which() const { return which_; }

 private:
  side which_;
};

/// Source of blocks for the gate: two programs whose cells are measured against each other. An
/// interface, so that the gate can be tested with recorded blocks.
class block_source {
 public:
  virtual ~block_source() = default;
  /// Names of the cells that both sides have.
  virtual std::vector<std::string> cells() const = 0;
  /// Prepares a cell before its first block and returns the expected seconds per block. Throws like
  /// `measure`.
  virtual double prepare(std::size_t cell) = 0;
  /// Measures one block in fresh processes of both sides. Returns the log ratio new/old of the
  /// metric, oriented so that positive is worse. Throws `side_failure`, `interrupted`, and `error`
  /// (unsupported) if the cell does not have the metric.
  virtual double measure(std::size_t cell) = 0;
  /// Order of the slices in the last block, as drawn at random: A is the old side, B the new one.
  virtual std::string last_order() const = 0;
  /// Remarks on the validity of the cell's figures, from all blocks so far.
  virtual std::vector<std::string> caveats(std::size_t) const { return {}; }
  /// Runs only one side of a cell. Returns why that failed, or "".
  virtual std::string probe(std::size_t cell, side which) = 0;
};

}  // namespace crossover
