#pragma once

#include <cmath>
#include <numbers>
#include <vector>

#include "reports/statistics/flip_patterns.hpp"
#include "reports/statistics/step_down.hpp"

namespace crossover {

/// Kinds of noise observed in block log ratios; for tests and simulations of the gate.
enum class noise_kind {
  normal,
  autocorrelated,  ///< drift with correlation 0.9 from round to round, shared by all cells, under
                   ///< random arm order
  heavy_tailed,    ///< Student's t with 3 degrees of freedom
  bimodal,         ///< each process is in one of two placement regimes
};

struct noise_name {
  const char* name;
  noise_kind kind;
};
/// Names of the kinds in tables.
inline constexpr noise_name noise_names[] = {{"normal", noise_kind::normal},
                                             {"autocorrelated", noise_kind::autocorrelated},
                                             {"heavy-tailed (t, 3)", noise_kind::heavy_tailed},
                                             {"bimodal", noise_kind::bimodal}};

/// Draws blocks with any kind of noise, scaled to the same s.d.
class block_simulator {
 public:
  block_simulator(noise_kind kind, double sd, std::uint64_t seed)
      : kind_(kind), sd_(sd), stream_(seed) {}

  double normal() {
    const double radius = std::sqrt(-2 * std::log1p(-stream_.uniform()));
    return radius * std::cos(2 * std::numbers::pi * stream_.uniform());
  }

  /// Adds one block per cell: its noise plus `shifts[c]`.
  void round(std::uint64_t number, const std::vector<double>& shifts,
             std::vector<std::vector<block>>& cells) {
    drift_ = 0.9 * drift_ + std::sqrt(1 - 0.81) * normal();
    const double order = sign();
    for (std::size_t c = 0; c < shifts.size(); ++c)
      cells[c].push_back({shifts[c] + sd_ * noise(order), number});
  }

  std::vector<std::vector<block>> blocks(unsigned rounds, const std::vector<double>& shifts,
                                         std::uint64_t first_round = 0) {
    std::vector<std::vector<block>> cells(shifts.size());
    for (unsigned r = 0; r < rounds; ++r) round(first_round + r, shifts, cells);
    return cells;
  }

  /// The log ratios of one cell's blocks.
  std::vector<double> log_ratios(unsigned rounds, double shift) {
    std::vector<double> values;
    const auto cells = blocks(rounds, {shift});
    for (const block& b : cells.front()) values.push_back(b.log_ratio);
    return values;
  }

 private:
  double sign() { return (stream_.next() >> 63) != 0 ? 1 : -1; }

  double noise(double order) {
    switch (kind_) {
      case noise_kind::normal:
        return normal();
      case noise_kind::autocorrelated:
        return std::sqrt(0.8) * order * drift_ + std::sqrt(0.2) * normal();
      case noise_kind::heavy_tailed: {
        double squares = 0;
        for (int i = 0; i < 3; ++i) squares += std::pow(normal(), 2);
        return normal() / std::sqrt(squares / 3) /
               std::numbers::sqrt3;  // the variance of t(3) is 3
      }
      case noise_kind::bimodal: {
        const double regime = (sign() - sign()) / 2;  // -1, 0, 0, 1: variance 1/2
        return (regime * 1.3 + 0.4 * normal()) / std::sqrt(0.5 * 1.69 + 0.16);
      }
    }
    return 0;
  }

  noise_kind kind_;
  double sd_;
  flip_stream stream_;
  double drift_ = 0;
};

}  // namespace crossover
