#include "reports/statistics/step_down.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "reports/statistics/flip_patterns.hpp"

namespace crossover {
namespace {

/// A cell's statistic under the current flip pattern, from a running sum.
class cell_statistic {
 public:
  explicit cell_statistic(const tested_cell& cell) : n_(static_cast<double>(cell.blocks.size())) {
    for (const block& b : cell.blocks) {
      total_ += b.log_ratio - cell.null;
      squares_ += (b.log_ratio - cell.null) * (b.log_ratio - cell.null);
    }
    sum_ = total_;
  }

  void reset() { sum_ = total_; }
  void flip(double deviation, bool flipped) { sum_ += flipped ? -2 * deviation : 2 * deviation; }

  /// Student's t on the normal scale. Flips do not change the sum of squares, so t is a function of
  /// the sum: with r^2 = sum^2 / squares, 1 + t^2/(n-1) = n / (n - r^2), and z = (8v+1)/(8v+3)
  /// sqrt(v log(1 + t^2/v)) for v = n - 1 (Wallace 1959, eq. 5).
  double z() const {
    if (!(squares_ > 0)) return 0;
    const double share = std::min(sum_ * sum_ / (squares_ * n_), 1 - 1e-12);  // r^2 / n
    const double v = n_ - 1;
    const double size =
        v > 0 ? (8 * v + 1) / (8 * v + 3) * std::sqrt(-v * std::log1p(-share)) : std::sqrt(share);
    return std::copysign(size, sum_);
  }

 private:
  double n_ = 0, total_ = 0, squares_ = 0, sum_ = 0;
};

struct flipped_block {
  std::size_t cell;
  double deviation;
};

}  // namespace

std::vector<double> step_down_p(std::span<const tested_cell> cells, const flip_options& options) {
  std::vector<cell_statistic> statistics(cells.begin(), cells.end());
  std::map<std::uint64_t, std::vector<flipped_block>> by_round;
  for (std::size_t c = 0; c < cells.size(); ++c)
    for (const block& b : cells[c].blocks)
      by_round[b.round].push_back({c, b.log_ratio - cells[c].null});
  std::vector<std::vector<flipped_block>> rounds;
  for (auto& [round, blocks] : by_round) rounds.push_back(std::move(blocks));

  std::vector<double> observed;
  for (const cell_statistic& s : statistics) observed.push_back(s.z());
  std::vector<std::size_t> order(cells.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return observed[a] > observed[b]; });

  std::vector<std::uint64_t> as_extreme(cells.size(), 1);
  const auto count = [&] {
    double greatest = -INFINITY;
    for (auto c = order.rbegin(); c != order.rend(); ++c) {
      greatest = std::max(greatest, statistics[*c].z());
      as_extreme[*c] += greatest >= observed[*c] - 1e-9;
    }
  };
  const auto flip = [&](std::size_t round, bool flipped) {
    for (const flipped_block& b : rounds[round]) statistics[b.cell].flip(b.deviation, flipped);
  };

  double patterns = 1;
  if (rounds.size() <= options.enumerate_up_to) {
    each_flip_pattern(static_cast<unsigned>(rounds.size()), [&](unsigned place, bool flipped) {
      flip(place, flipped);
      count();
    });
    patterns = std::ldexp(1.0, static_cast<int>(rounds.size()));
  } else {
    flip_stream stream(options.seed);
    std::vector<std::uint8_t> flipped(rounds.size());
    for (unsigned draw = 0; draw < options.draws; ++draw) {
      stream.toss(flipped);
      for (cell_statistic& s : statistics) s.reset();
      for (std::size_t r = 0; r < rounds.size(); ++r)
        if (flipped[r]) flip(r, true);
      count();
    }
    patterns = 1.0 + options.draws;
  }

  std::vector<double> adjusted(cells.size(), 1);
  double largest = 0;
  for (const std::size_t c : order) {
    largest = std::max(largest, static_cast<double>(as_extreme[c]) / patterns);
    adjusted[c] = cells[c].blocks.empty() ? 1 : largest;
  }
  return adjusted;
}

}  // namespace crossover
