#include "tools/check/process_timeout.hpp"

#include <algorithm>

#include "tools/check/benchmark_blocks.hpp"

namespace crossover {
namespace {

/// Shortest timeout of a process; after one was killed.
constexpr double min_timeout_s = 20, min_timeout_after_kill_s = 2;

}  // namespace

void process_timeout::learn(const benchmark_process& process, int repetitions) {
  if (process.has_timed_out())
    seconds_ = std::min(seconds_, std::max(min_timeout_after_kill_s, 3 * longest_step_s_));
  if (process.has_failed()) return;
  longest_step_s_ = std::max(longest_step_s_, process.seconds_in(0));
  for (std::size_t stage = 1; stage < process.last_stage(); ++stage)
    longest_step_s_ = std::max(
        longest_step_s_, process.seconds_in(stage) / (repetitions + 1) * (max_repetitions + 1));
  seconds_ = std::min(seconds_, std::max(min_timeout_s, 10 * longest_step_s_));
}

}  // namespace crossover
