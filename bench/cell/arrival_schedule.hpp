#pragma once

#include <cstddef>
#include <cstdint>

namespace crossover {

/// Intended starts of an open-loop run, in shared memory for workers forked later. The address
/// space is reserved at once; pages are touched as needed.
class arrival_schedule {
 public:
  static constexpr std::size_t max_arrivals = 8'000'000;

  /// Throws `error` (resource) if the memory cannot be reserved.
  arrival_schedule();
  ~arrival_schedule();
  arrival_schedule(const arrival_schedule&) = delete;
  arrival_schedule& operator=(const arrival_schedule&) = delete;

  /// Nanoseconds after the start of the run, ascending.
  const std::int64_t* times() const { return times_; }

  /// Fills the schedule with `rate` arrivals per second: a Poisson process (exponential gaps) or
  /// constant gaps. Returns the number of arrivals. Throws `error` (invalid) if they exceed
  /// `max_arrivals`.
  std::size_t fill(double rate, double seconds, bool poisson, std::uint64_t seed);

 private:
  std::int64_t* times_;
};

}  // namespace crossover
