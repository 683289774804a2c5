#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "bench/measure/contest_plan.hpp"

namespace crossover {

/// Returns the generator of one block of a contest, or of the order of a pass. It depends on
/// nothing measured, so that the same seed gives the same order, also after an interrupt.
std::mt19937_64 generator_of(std::uint64_t seed, std::uint64_t number, std::uint64_t contest);

/// Order of the contests' turns on one host: in each pass every open contest has at most one
/// turn, in random order.
class turn_order {
 public:
  /// `host`: its number; 0 for a run on one machine.
  turn_order(std::uint64_t seed, std::uint64_t host) : seed_(seed), host_(host) {}

  /// Continues after an earlier turn of a contest.
  void add_earlier(std::size_t contest, std::uint64_t pass);

  /// Takes a turn if it is due; `share_s` is twice the mean time that an open contest has used.
  using due = std::function<bool(std::size_t contest, double share_s)>;
  /// Returns the contest that has the next turn; nullopt if none is due.
  std::optional<std::size_t> next(const std::deque<planned_contest>& contests, const due& is_due);
  /// Pass of the last turn.
  std::uint64_t pass() const { return pass_; }

 private:
  void begin_pass(const std::deque<planned_contest>& contests);

  std::uint64_t seed_, host_;
  std::uint64_t pass_ = 0;
  std::map<std::size_t, std::uint64_t> next_pass_;  ///< by contest: earliest pass of its next turn
  std::vector<std::size_t> order_;                  ///< of the contests in this pass
  std::size_t position_ = 0;                        ///< in `order_`
  double share_s_ = 0;
  bool is_begun_ = false, any_ = false;  ///< the pass is begun; a contest was due in it
};

}  // namespace crossover
