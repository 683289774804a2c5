#include "reports/statistics/rank_test.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace crossover {

double rank_test_p(std::span<const double> a, std::span<const double> b) {
  std::vector<std::pair<double, bool>> all;  // value, and whether it is from a
  for (const double value : a) all.emplace_back(value, true);
  for (const double value : b) all.emplace_back(value, false);
  std::sort(all.begin(), all.end());
  const auto n = static_cast<double>(a.size()), m = static_cast<double>(b.size()), total = n + m;
  double ranks_of_a = 0, ties = 0;
  for (std::size_t from = 0; from < all.size();) {
    std::size_t to = from;
    while (to < all.size() && all[to].first == all[from].first) ++to;
    const auto tied = static_cast<double>(to - from);
    const double rank = (static_cast<double>(from) + 1 + static_cast<double>(to)) / 2;
    for (std::size_t i = from; i < to; ++i) ranks_of_a += all[i].second ? rank : 0;
    ties += tied * tied * tied - tied;
    from = to;
  }
  const double u = ranks_of_a - n * (n + 1) / 2;
  const double variance = n * m / 12 * (total + 1 - ties / (total * (total - 1)));
  if (!(variance > 0)) return 1;
  const double z = std::max(0.0, std::abs(u - n * m / 2) - 0.5) / std::sqrt(variance);
  return std::erfc(z / std::sqrt(2.0));
}

}  // namespace crossover
