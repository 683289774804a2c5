#pragma once

#include <cstddef>
#include <cstdint>

namespace crossover {

/// Intended starts of an open-loop run, in memory that workers forked later share. Reserved whole,
/// touched as needed.
class arrival_schedule {
 public:
  static constexpr std::size_t most = 8'000'000;

  /// Throws `error` (resource).
  arrival_schedule();
  ~arrival_schedule();
  arrival_schedule(const arrival_schedule&) = delete;
  arrival_schedule& operator=(const arrival_schedule&) = delete;

  /// In ns after the start of the run, ascending.
  const std::int64_t* times() const { return times_; }

  /// A Poisson process of `rate` a second (exponential gaps), or one of constant gaps. Returns how
  /// many arrivals there are. Throws `error` (invalid) where they are more than `most`.
  std::size_t fill(double rate, double seconds, bool poisson, std::uint64_t seed);

 private:
  std::int64_t* times_;
};

}  // namespace crossover
