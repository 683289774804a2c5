#include "reports/statistics/paired_differences.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <stdexcept>

#include "reports/statistics/autocorrelation.hpp"
#include "reports/statistics/moments.hpp"

namespace crossover {
namespace {

/// Also for blocks without autocorrelation: few blocks of skewed noise need wider intervals than
/// normal ones (docs/method.md, bimodal 80 : 20).
constexpr double lowest_autocorrelation = 0.15;
constexpr double highest_autocorrelation = 0.9;

/// Differences within blocks, one series per host that has any.
using host_series = std::vector<std::vector<double>>;

/// Differences of one pair of models.
struct pair_series {
  std::size_t first = 0;
  std::size_t second = 0;
  host_series differences;
  host_series first_to_anchor = {};   ///< only if the pair shares too few blocks
  host_series second_to_anchor = {};  ///< only if the pair shares too few blocks
};

std::size_t blocks_of(const host_series& series) {
  std::size_t blocks = 0;
  for (const std::vector<double>& host : series) blocks += host.size();
  return blocks;
}

host_series common_differences(const block_values& first, const block_values& second,
                               const block_hosts& hosts) {
  if (!hosts.empty() && hosts.size() != first.size())
    throw std::invalid_argument("models of a contest: series and hosts of different lengths");
  host_series differences;
  std::map<std::uint32_t, std::size_t> index;  // of a host's series
  for (std::size_t b = 0; b < std::min(first.size(), second.size()); ++b) {
    if (!first[b] || !second[b]) continue;
    const std::size_t at = index.emplace(hosts.empty() ? 0 : hosts[b], index.size()).first->second;
    if (at == differences.size()) differences.emplace_back();
    differences[at].push_back(*first[b] - *second[b]);
  }
  return differences;
}

double mean_of(const autocorrelation_estimate& of) { return of.weighted_sum / of.information; }
double standard_error_of(const autocorrelation_estimate& of) {
  return 1 / std::sqrt(of.information);
}

/// Returns the pairs of a contest with their differences.
std::vector<pair_series> pairs_of(const std::vector<block_values>& models,
                                  const block_values& anchor, const block_hosts& hosts) {
  for (const block_values& model : models)
    if (model.size() != models.front().size() || (!anchor.empty() && model.size() != anchor.size()))
      throw std::invalid_argument("models of a contest: series of different lengths");
  std::vector<pair_series> pairs;
  for (std::size_t i = 0; i < models.size(); ++i)
    for (std::size_t j = i + 1; j < models.size(); ++j) {
      pair_series& pair =
          pairs.emplace_back(pair_series{i, j, common_differences(models[i], models[j], hosts)});
      if (blocks_of(pair.differences) >= 2) continue;
      pair.first_to_anchor = common_differences(models[i], anchor, hosts);
      pair.second_to_anchor = common_differences(models[j], anchor, hosts);
    }
  return pairs;
}

/// Pools the pairs, weighted with their blocks. K models make K - 1 independent differences.
autocorrelation_estimate pooled(const std::vector<pair_series>& pairs, std::size_t models) {
  double weighted_sum = 0, blocks = 0;
  int count = 0;
  for (const pair_series& pair : pairs)
    for (const auto* hosts : {&pair.differences, &pair.first_to_anchor, &pair.second_to_anchor}) {
      bool has_estimate = false;
      for (const std::vector<double>& series : *hosts) {
        if (series.size() < 3) continue;
        const double n = static_cast<double>(series.size());
        weighted_sum += n * corrected_autocorrelation(lag_one_autocorrelation(series), n);
        blocks += n;
        has_estimate = true;
      }
      count += has_estimate;
    }
  if (count == 0) return {};
  const double independent = static_cast<double>(std::max<std::size_t>(models, 2) - 1);
  const double information = independent * blocks / count;
  return {weighted_sum / blocks * information, information};
}

/// Returns the autocorrelation to allow for in a contest.
double cautious_autocorrelation(const autocorrelation_estimate& own,
                                const autocorrelation_estimate& run) {
  const autocorrelation_estimate& wide = run.information > own.information ? run : own;
  if (wide.information == 0) return lowest_autocorrelation;
  double rho = mean_of(wide) + standard_error_of(wide);
  if (own.information > 0) rho = std::max(rho, mean_of(own) - standard_error_of(own));
  return std::clamp(rho, lowest_autocorrelation, highest_autocorrelation);
}

paired_difference estimate(const std::vector<double>& differences, double rho) {
  const sample_moments moments = moments_of(differences);
  const double n = static_cast<double>(moments.n);
  return {moments.mean,
          moments.standard_deviation * std::sqrt(variance_inflation(moments.n, rho) / n),
          std::max(1.0, effective_sample_size(moments.n, rho) - 1), moments.n};
}

/// Estimates the mean of any host of the kind.
paired_difference estimate(const host_series& hosts, double rho) {
  if (hosts.size() == 1) return estimate(hosts.front(), rho);
  std::vector<double> means;
  double within = 0;  // squared standard error of the mean if the hosts do not differ
  for (const std::vector<double>& host : hosts) {
    means.push_back(moments_of(host).mean);
    if (host.size() >= 2) within += std::pow(estimate(host, rho).standard_error, 2);
  }
  const double n = static_cast<double>(hosts.size());
  within /= n * n;
  const sample_moments moments = moments_of(means);
  const double between = std::pow(moments.standard_deviation, 2) / n *
                         variance_inflation(moments.n, lowest_autocorrelation);
  const double variance = std::max(between, within);
  return {moments.mean,     std::sqrt(variance), n - 1,
          blocks_of(hosts), hosts.size(),        variance - within};
}

paired_difference welch(const paired_difference& first, const paired_difference& second) {
  const double a = first.standard_error * first.standard_error;
  const double b = second.standard_error * second.standard_error;
  const double degrees = a + b > 0
                             ? (a + b) * (a + b) / (a * a / first.degrees + b * b / second.degrees)
                             : std::min(first.degrees, second.degrees);
  return {first.mean - second.mean,
          std::sqrt(a + b),
          degrees,
          std::min(first.blocks, second.blocks),
          std::min(first.hosts, second.hosts),
          first.host_variance + second.host_variance};
}

/// Returns true if the series has two or more blocks, on two or more hosts if the contest has.
bool has_enough(const host_series& series, bool several_hosts) {
  return blocks_of(series) >= 2 && (series.size() >= 2 || !several_hosts);
}

}  // namespace

void difference_table::set(std::size_t first, std::size_t second,
                           const paired_difference& difference) {
  pairs_[first * models_ + second] = difference;
  paired_difference mirrored = difference;
  mirrored.mean = -mirrored.mean;
  pairs_[second * models_ + first] = mirrored;
}

void autocorrelation_estimate::add(const autocorrelation_estimate& other) {
  weighted_sum += other.weighted_sum;
  information += other.information;
}

autocorrelation_estimate autocorrelation_of(const std::vector<block_values>& models,
                                            const block_values& anchor, const block_hosts& hosts) {
  return pooled(pairs_of(models, anchor, hosts), models.size());
}

difference_table paired_differences(const std::vector<block_values>& models,
                                    const block_values& anchor, const autocorrelation_estimate& run,
                                    const block_hosts& hosts) {
  const std::vector<pair_series> pairs = pairs_of(models, anchor, hosts);
  const bool several_hosts =
      std::adjacent_find(hosts.begin(), hosts.end(), std::not_equal_to()) != hosts.end();
  const double rho = cautious_autocorrelation(pooled(pairs, models.size()), run);
  difference_table table(models.size());
  for (const pair_series& pair : pairs)
    if (has_enough(pair.differences, several_hosts))
      table.set(pair.first, pair.second, estimate(pair.differences, rho));
    else if (has_enough(pair.first_to_anchor, several_hosts) &&
             has_enough(pair.second_to_anchor, several_hosts))
      table.set(pair.first, pair.second,
                welch(estimate(pair.first_to_anchor, rho), estimate(pair.second_to_anchor, rho)));
  return table;
}

}  // namespace crossover
