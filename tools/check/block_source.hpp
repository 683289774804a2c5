#pragma once

#include <string>
#include <vector>

#include "workloads/base/error.hpp"

namespace crossover {

enum class side { old_side, new_side };

/// One side of a comparison could not be measured: it crashed, hung, or returned a wrong result.
class side_failure : public error {
 public:
  side_failure(side which, const std::string& why)
      : error(error_kind::failed, why), which_(which) {}
  side which() const { return which_; }

 private:
  side which_;
};

/// Two programs whose cells can be measured against each other, a block at a time: what the gate's
/// runner works on, so that it can be tested with written-down blocks.
class block_source {
 public:
  virtual ~block_source() = default;
  /// The cells that both sides have.
  virtual std::vector<std::string> cells() const = 0;
  /// A first look at a cell, before its first block; the seconds that a block will take. Throws as
  /// `measure`.
  virtual double prepare(std::size_t cell) = 0;
  /// One block, fresh processes of both sides: the log ratio new/old of the metric, turned so that
  /// positive is worse. Throws `side_failure`, `error` (unsupported) where the metric cannot be
  /// read off the cell, and `interrupted`.
  virtual double measure(std::size_t cell) = 0;
  /// In which order the block that was measured last had its turns, as it was drawn: A is the old
  /// side, B the new one.
  virtual std::string last_order() const = 0;
  /// What there is to doubt about the cell's figures, by all that was measured of it so far.
  virtual std::vector<std::string> caveats(std::size_t) const { return {}; }
  /// Whether one side alone can be measured: why not, or "".
  virtual std::string trouble(std::size_t cell, side which) = 0;
};

}  // namespace crossover
