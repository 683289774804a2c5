#include "reports/statistics/change_points.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "reports/statistics/flip_patterns.hpp"
#include "reports/statistics/median.hpp"
#include "reports/statistics/moments.hpp"

namespace crossover {
namespace {

/// Ranks from 1; ties share the mean of their ranks.
std::vector<double> ranks_of(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i;
    while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
    for (std::size_t j = i; j < end; ++j) ranks[order[j]] = static_cast<double>(i + end + 1) / 2;
    i = end;
  }
  return ranks;
}

struct split {
  std::size_t at = 0;  ///< first index of the second part
  double statistic = -1;
};

split best_split(std::span<const double> ranks, std::size_t min_runs) {
  const auto n = static_cast<double>(ranks.size());
  const double total = std::accumulate(ranks.begin(), ranks.end(), 0.0);
  split best;
  double before = 0;
  for (std::size_t k = 1; k < ranks.size(); ++k) {
    before += ranks[k - 1];
    if (k < min_runs || ranks.size() - k < min_runs) continue;
    const double left = static_cast<double>(k), right = n - left;
    const double statistic =
        std::abs((total - before) / right - before / left) * std::sqrt(left * right / n);
    if (statistic > best.statistic + 1e-12) best = {k, statistic};
  }
  return best;
}

/// Sum of the distances from the median.
double spread(std::span<const double> values) {
  const double median = median_of({values.begin(), values.end()});
  double sum = 0;
  for (const double value : values) sum += std::abs(value - median);
  return sum;
}

/// Locates a change near `about`, the split of the ranks. Ranks show that there is a change but
/// locate it poorly: the last run before it may be the highest of its level. Of the splits at most
/// two runs away, the one with the tightest two parts is returned.
std::size_t place_of(std::span<const double> values, std::size_t about, std::size_t min_runs) {
  std::size_t best = about;
  double tightest = INFINITY;
  for (std::size_t k = about < min_runs + 2 ? min_runs : about - 2;
       k <= about + 2 && k + min_runs <= values.size(); ++k) {
    const double both = spread(values.first(k)) + spread(values.subspan(k));
    if (both < tightest) tightest = both, best = k;
  }
  return best;
}

/// One test: a possible change, its p-value and its series.
struct tested_split {
  std::size_t series, index;
  double p;
};

void segment(std::span<const double> values, std::size_t offset, double outer_p, std::size_t series,
             const change_options& options, flip_stream& stream, std::vector<tested_split>& tests) {
  if (values.size() < 2 * options.min_runs || values.size() < 4) return;
  std::vector<double> ranks = ranks_of(values);
  const split chosen = best_split(ranks, options.min_runs);
  unsigned as_great = 1;
  for (unsigned permutation = 0; permutation < options.permutations; ++permutation) {
    for (std::size_t i = ranks.size(); i > 1; --i) std::swap(ranks[i - 1], ranks[stream.below(i)]);
    as_great += best_split(ranks, options.min_runs).statistic >= chosen.statistic - 1e-9;
  }
  const double p = std::max(outer_p, static_cast<double>(as_great) / (1.0 + options.permutations));
  const std::size_t at = place_of(values, chosen.at, options.min_runs);
  tests.push_back({series, offset + at, p});
  if (p > options.false_discoveries) return;
  segment(values.first(at), offset, p, series, options, stream, tests);
  segment(values.subspan(at), offset + at, p, series, options, stream, tests);
}

}  // namespace

std::vector<double> benjamini_hochberg(const std::vector<double>& p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return p[a] > p[b]; });
  std::vector<double> adjusted(p.size());
  double minimum = 1;
  for (std::size_t i = 0; i < order.size(); ++i) {
    minimum = std::min(
        minimum, p[order[i]] * static_cast<double>(p.size()) / static_cast<double>(p.size() - i));
    adjusted[order[i]] = minimum;
  }
  return adjusted;
}

std::vector<std::vector<change_point>> change_points(const std::vector<std::vector<double>>& series,
                                                     const change_options& options) {
  flip_stream stream(options.seed);
  std::vector<tested_split> tests;
  for (std::size_t s = 0; s < series.size(); ++s)
    segment(series[s], 0, 0, s, options, stream, tests);
  std::vector<double> p;
  for (const tested_split& test : tests) p.push_back(test.p);
  const std::vector<double> q = benjamini_hochberg(p);

  std::vector<std::vector<change_point>> marked(series.size());
  for (std::size_t t = 0; t < tests.size(); ++t)
    if (q[t] <= options.false_discoveries)
      marked[tests[t].series].push_back({tests[t].index, 0, p[t], q[t]});
  for (std::size_t s = 0; s < series.size(); ++s) {
    std::vector<change_point>& changes = marked[s];
    std::sort(changes.begin(), changes.end(),
              [](const change_point& a, const change_point& b) { return a.index < b.index; });
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const std::size_t from = i == 0 ? 0 : changes[i - 1].index;
      const std::size_t to = i + 1 == changes.size() ? series[s].size() : changes[i + 1].index;
      const std::span<const double> all = series[s];
      changes[i].shift = moments_of(all.subspan(changes[i].index, to - changes[i].index)).mean -
                         moments_of(all.subspan(from, changes[i].index - from)).mean;
    }
  }
  return marked;
}

}  // namespace crossover
