#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "bench/results/latency.hpp"

namespace crossover {

/// Collects latencies from many workers during a run. Each worker fills its own `buffer`. A full
/// buffer is flushed into one of the shards, which are Boost.Histogram histograms with log-linear
/// bins (64 per octave: a bin's middle is off by less than 1 %). A worker therefore costs half a
/// KiB rather than a histogram.
class latency_recorder {
 public:
  /// `shards`: the number of workers that run at the same time (the cores).
  explicit latency_recorder(std::uint32_t shards);
  ~latency_recorder();
  latency_recorder(const latency_recorder&) = delete;
  latency_recorder& operator=(const latency_recorder&) = delete;

  class buffer {
   public:
    /// `worker`: any number; workers that differ modulo the shard count never contend.
    buffer(latency_recorder& recorder, std::uint32_t worker)
        : recorder_(&recorder), worker_(worker) {}
    void record(std::int64_t ns) {
      values_[used_] = ns < 0 ? 0 : static_cast<std::uint64_t>(ns);
      if (++used_ == values_.size()) flush();
    }
    /// Adds a distribution recorded elsewhere with the same bins.
    void add(const latency_distribution& recorded) { recorder_->add(recorded); }
    /// Passes the remaining values on; call at the end of a run.
    void flush();

   private:
    latency_recorder* recorder_;
    std::uint32_t worker_;
    std::uint32_t used_ = 0;
    std::array<std::uint64_t, 64> values_;
  };

  /// Adds a distribution from another process; it must have the bins of this recorder.
  void add(const latency_distribution& recorded);
  /// Returns everything recorded since the last call and empties the recorder.
  latency_distribution take();

 private:
  struct shard;
  std::uint32_t count_;
  std::unique_ptr<shard[]> shards_;
};

}  // namespace crossover
