#pragma once

#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/models/model.hpp"

namespace crossover {

/// The lanes of a shard. They begin in order, each when it is due.
class shard_lanes {
 public:
  /// Every `step`-th lane of `all`, from `first` on.
  shard_lanes(run_control& control, std::uint32_t first, std::uint32_t step, std::uint32_t all)
      : control_(control),
        first_(first),
        step_(step),
        all_(all),
        paces_((all - first + step - 1) / step) {}

  std::size_t size() const { return paces_.size(); }
  std::uint32_t number(std::size_t j) const {
    return first_ + static_cast<std::uint32_t>(j) * step_;
  }
  lane_pace& pace(std::size_t j) { return paces_[j]; }

  /// Starts a run: no lane has begun.
  void restart() { begun_ = 0; }
  bool all_begun() const { return begun_ == paces_.size(); }
  /// Begins the lanes that are due; `take(j)` is called for each that has an operation in this run.
  template <typename Take>
  void begin_due(Take take) {
    for (; !all_begun() && control_.begin_of(number(begun_), all_) <= now_ns(); ++begun_)
      if (paces_[begun_].begin(control_, number(begun_), all_)) take(begun_);
  }
  /// Returns when the next lane is due; call it only if not all have begun.
  std::int64_t next_begin_ns() const { return control_.begin_of(number(begun_), all_); }
  /// Returns the time until the next lane is due, or nullopt if all have begun.
  std::optional<timespec> time_to_next() const {
    if (all_begun()) return std::nullopt;
    const std::int64_t left = std::max<std::int64_t>(0, next_begin_ns() - now_ns());
    return timespec{left / 1'000'000'000, left % 1'000'000'000};
  }

 private:
  run_control& control_;
  std::uint32_t first_, step_, all_;
  std::size_t begun_ = 0;  ///< lanes 0 to begun_ - 1 have begun
  std::vector<lane_pace> paces_;
};

/// One core's part of the hand-written reference: its lanes and the loop that runs them, without a
/// library between it and the kernel. Lower bound on cost for every other model.
class reference_shard {
 public:
  explicit reference_shard(const shard_lanes& lanes) : lanes_(lanes) {}
  virtual ~reference_shard() = default;
  /// Runs the lanes until the run is over.
  void run(tally& worker) {
    lanes_.restart();
    run_loop(worker);
    trace_idle();
  }

 protected:
  /// Begins the lanes when they are due and runs them until the run is over.
  virtual void run_loop(tally& worker) = 0;

  shard_lanes lanes_;
};

/// Makes the shard for these lanes, in the thread that will run it. Throws `error`.
using shard_maker = std::unique_ptr<reference_shard>(const model_setup& setup,
                                                     const shard_lanes& lanes);
shard_maker make_noop_shard, make_hashing_shard, make_sleep_shard, make_network_shard,
    make_download_shard;
/// The same for `backend` io_uring (through liburing).
shard_maker make_network_uring_shard, make_sleep_uring_shard;

/// The model for `backend` blocking: one thread per lane.
std::unique_ptr<model> make_blocking_reference(const model_setup& setup);

/// Returns why io_uring cannot be used on this machine, or "" if it can.
std::string io_uring_refusal();

}  // namespace crossover
