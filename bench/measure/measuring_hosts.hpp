#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/measure/block.hpp"
#include "bench/measure/plan.hpp"

namespace crossover {

/// One block to measure.
struct block_request {
  std::uint64_t contest = 0;  ///< seeds the orders in the block, with the run's seed and `number`
  std::uint64_t number = 0;   ///< of the block in its contest
  std::vector<const planned_cell*> cells;
  /// Hosts that take part: the one that runs the server of the cells, then those that run further
  /// clients of it. Empty: the block needs its own host only.
  std::vector<std::size_t> helpers = {};
};

/// The end of a block.
struct ended_block {
  std::size_t host = 0;
  std::vector<arm_record> records;  ///< one per cell, in their order
  /// Reason for the loss of the block, with its host or one that took part; "" if it was not lost.
  std::string lost;
};

/// Machines that measure blocks, one block at a time each. A block may take other hosts that
/// measure none then.
class measuring_hosts {
 public:
  virtual ~measuring_hosts() = default;
  virtual std::size_t count() const = 0;
  /// Returns why the host measures nothing more; "" if it does.
  virtual std::string lost(std::size_t host) const = 0;
  /// Returns why the host cannot run the cell; "" if it may.
  virtual std::string refusal(std::size_t host, const planned_cell& cell) const = 0;
  /// Begins a block on a host that measures none. The cells must outlive it.
  virtual void begin(std::size_t host, const block_request& block) = 0;
  /// Waits until a block has ended. Throws `interrupted`.
  virtual ended_block wait() = 0;
};

}  // namespace crossover
