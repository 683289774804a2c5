#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bench/measure/machine_watch.hpp"
#include "bench/measure/measuring_hosts.hpp"

namespace crossover {

/// Measures blocks on this machine and stores the facts about each block in its samples.
class local_blocks {
 public:
  /// `make` and `watch` must outlive this object.
  local_blocks(const block_options& options, std::uint64_t seed, const arm_factory& make,
               machine_watch& watch)
      : options_(options), seed_(seed), make_(make), watch_(watch) {}

  /// Returns one record per cell. Throws `interrupted`.
  std::vector<arm_record> measure(const block_request& block);

 private:
  block_options options_;
  std::uint64_t seed_;
  const arm_factory& make_;
  machine_watch& watch_;
  std::map<std::string, slice_plan> slices_;  ///< by cell: those of earlier blocks
};

/// This machine as the only host.
class local_host final : public measuring_hosts {
 public:
  explicit local_host(local_blocks blocks) : blocks_(std::move(blocks)) {}
  std::size_t count() const override { return 1; }
  std::string lost(std::size_t) const override { return {}; }
  std::string refusal(std::size_t, const planned_cell&) const override { return {}; }
  void begin(std::size_t, const block_request& block) override { block_ = block; }
  ended_block wait() override {
    return {.host = 0, .records = blocks_.measure(block_), .lost = {}};
  }

 private:
  local_blocks blocks_;
  block_request block_;
};

}  // namespace crossover
