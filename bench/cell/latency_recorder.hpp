#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "bench/results/latency.hpp"

namespace crossover {

/// Gathers latencies from many workers while they run. Each worker owns a `buffer` that it fills
/// alone; a full buffer is emptied into one of the shards, Boost.Histogram histograms with
/// log-linear bins (64 to an octave: relative error of a bin's middle < 1 %). So a worker costs
/// half a KiB, not a histogram, however many there are.
class latency_recorder {
 public:
  /// `shards`: as many as workers run truly at once (the cores).
  explicit latency_recorder(std::uint32_t shards);
  ~latency_recorder();
  latency_recorder(const latency_recorder&) = delete;
  latency_recorder& operator=(const latency_recorder&) = delete;

  class buffer {
   public:
    /// `worker`: any number; workers with different numbers modulo the shards don't meet.
    buffer(latency_recorder& recorder, std::uint32_t worker)
        : recorder_(&recorder), worker_(worker) {}
    void record(std::int64_t ns) {
      values_[used_] = ns < 0 ? 0 : static_cast<std::uint64_t>(ns);
      if (++used_ == values_.size()) flush();
    }
    /// Adds what was recorded elsewhere with the same bins.
    void add(const latency_distribution& recorded) { recorder_->add(recorded); }
    /// Hands over what is left; call at the end of a run.
    void flush();

   private:
    latency_recorder* recorder_;
    std::uint32_t worker_;
    std::uint32_t used_ = 0;
    std::array<std::uint64_t, 64> values_;
  };

  /// Adds a distribution that another process recorded; its bins must be this recorder's own.
  void add(const latency_distribution& recorded);
  /// All that was recorded since the last call; leaves the recorder empty.
  latency_distribution take();

 private:
  struct shard;
  std::uint32_t count_;
  std::unique_ptr<shard[]> shards_;
};

}  // namespace crossover
