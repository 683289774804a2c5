#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace crossover {

/// Random 64-bit numbers, the same on every platform (SplitMix64: Steele, Lea & Flood 2014).
class flip_stream {
 public:
  explicit flip_stream(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  /// A uniform number in [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  /// A uniform number in 0 … below - 1.
  std::uint64_t below(std::uint64_t below) {
    return static_cast<std::uint64_t>(uniform() * static_cast<double>(below));
  }

  /// Fills `bits` with fair coin tosses.
  void toss(std::vector<std::uint8_t>& bits) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < bits.size(); ++i) {
      if (i % 64 == 0) word = next();
      bits[i] = word & 1;
      word >>= 1;
    }
  }

 private:
  std::uint64_t state_;
};

/// Visits the 2^n - 1 sign patterns other than "none flipped"; each differs from the previous one
/// in a single place (Gray code). Calls `visit(place, flipped)` with the place that changed and its
/// new state.
template <typename Visit>
void each_flip_pattern(unsigned n, Visit&& visit) {
  std::uint64_t pattern = 0;
  for (std::uint64_t i = 1; i < (std::uint64_t{1} << n); ++i) {
    const auto place = static_cast<unsigned>(std::countr_zero(i));
    pattern ^= std::uint64_t{1} << place;
    visit(place, ((pattern >> place) & 1) != 0);
  }
}

}  // namespace crossover
