#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/models/model.hpp"

namespace crossover {

/// One core's part of the hand-written reference: its lanes and the loop that runs them, without a
/// library between it and the kernel. Lower bound on cost for every other model.
class reference_shard {
 public:
  virtual ~reference_shard() = default;
  /// Runs the lanes until the run is over. `paces[j]`, already begun, is the pace of lane j of the
  /// shard. A lane with `live[j]` 0 has no share of this run.
  virtual void run(std::vector<lane_pace>& paces, const std::vector<char>& live, tally& worker) = 0;
};

/// Makes the shard for these lanes, in the thread that will run it. `board` has the run's control,
/// and one counter per lane if `backend` is blocking. Throws `error`.
using shard_maker = std::unique_ptr<reference_shard>(const model_setup& setup,
                                                     const std::vector<std::uint32_t>& lanes,
                                                     run_board& board);
shard_maker make_noop_shard, make_hashing_shard, make_sleep_shard, make_network_shard,
    make_download_shard;
/// For one `backend`: one blocking thread per lane, or io_uring (through liburing).
shard_maker make_blocking_shard, make_network_uring_shard, make_sleep_uring_shard;

/// Returns why io_uring cannot be used on this machine, or "" if it can.
std::string io_uring_refusal();

}  // namespace crossover
