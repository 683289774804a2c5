#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/models/model.hpp"

namespace crossover {

/// One core's part of the hand-written reference: the lanes it holds and the loop that runs them,
/// without any library between it and the kernel. Written to be beaten by nothing.
class reference_shard {
 public:
  virtual ~reference_shard() = default;
  /// Runs its lanes until the run is over. The pace of lane j of the shard has begun and is in
  /// `paces[j]`; a lane whose `live[j]` is 0 has no share of this run.
  virtual void run(std::vector<lane_pace>& paces, const std::vector<char>& live, tally& mine) = 0;
};

/// Makes the shard that holds these lanes; called in the thread that will run it. Throws `error`.
std::unique_ptr<reference_shard> make_noop_shard(const model_setup& setup,
                                                 const std::vector<std::uint32_t>& lanes);
std::unique_ptr<reference_shard> make_hashing_shard(const model_setup& setup,
                                                    const std::vector<std::uint32_t>& lanes);
std::unique_ptr<reference_shard> make_sleep_shard(const model_setup& setup,
                                                  const std::vector<std::uint32_t>& lanes);
std::unique_ptr<reference_shard> make_network_shard(const model_setup& setup,
                                                    const std::vector<std::uint32_t>& lanes);
std::unique_ptr<reference_shard> make_download_shard(const model_setup& setup,
                                                     const std::vector<std::uint32_t>& lanes);

/// The same for a `backend`: a thread a lane that blocks in the kernel; completions instead of
/// readiness (io_uring, liburing).
std::unique_ptr<reference_shard> make_blocking_shard(const model_setup& setup,
                                                     const std::vector<std::uint32_t>& lanes);
std::unique_ptr<reference_shard> make_network_uring_shard(const model_setup& setup,
                                                          const std::vector<std::uint32_t>& lanes);
std::unique_ptr<reference_shard> make_sleep_uring_shard(const model_setup& setup,
                                                        const std::vector<std::uint32_t>& lanes);

/// Why this kernel has no io_uring for us ("" when it has).
std::string io_uring_refusal();

}  // namespace crossover
