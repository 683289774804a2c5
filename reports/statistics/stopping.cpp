#include "reports/statistics/stopping.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace crossover {
namespace {

constexpr double most_blocks_worth_saying = 1e6;

constexpr std::size_t most_hosts_worth_saying = 1000;

/// Factor for a pair's number of blocks that makes its half width `target`; infinite if none does.
/// k times the blocks divide the standard error by sqrt(k). They also lower the critical value,
/// which depends on the result; four iterations suffice. On several hosts, they divide only that
/// part of the variance that the hosts do not cause, and the critical value stays.
double growth_wanted(const paired_difference& difference, half_widths& widths, double target) {
  if (difference.hosts > 1) {
    const double variance = std::pow(difference.standard_error, 2);
    const double target_variance = variance * std::pow(target / *widths.of(difference), 2);
    if (variance == 0 || target_variance >= variance) return variance == 0 ? 0 : 1;
    const double room = target_variance - difference.host_variance;
    return room > 0 ? (variance - difference.host_variance) / room
                    : std::numeric_limits<double>::infinity();
  }
  double growth = 1;
  for (int round = 0; round < 4 && growth > 0; ++round) {
    paired_difference future = difference;
    future.degrees = std::max(1.0, (difference.degrees + 1) * growth - 1);
    growth = std::pow(*widths.of(future) / target, 2);
  }
  return growth;
}

}  // namespace

double sufficient_half_width(double margin) { return -std::log1p(-margin) / 2; }

std::optional<std::size_t> next_look(const stopping_rule& rule, std::size_t blocks) {
  if (blocks >= rule.most_blocks) return std::nullopt;
  for (std::size_t look = std::max<std::size_t>(rule.first_look, 2);; look *= 2)
    for (const std::size_t candidate : {look, look + look / 2})
      if (candidate > blocks) return std::min(candidate, rule.most_blocks);
}

std::optional<double> widest_half_width(const difference_table& differences,
                                        const ranking_options& options) {
  half_widths widths(differences.models(), options);
  double widest = 0;
  for (std::size_t i = 0; i < differences.models(); ++i)
    for (std::size_t j = i + 1; j < differences.models(); ++j) {
      const auto& difference = differences.at(i, j);
      if (!difference) return std::nullopt;
      const auto half = widths.of(*difference);
      if (!half) return std::nullopt;
      widest = std::max(widest, *half);
    }
  return widest;
}

bool is_settled(const difference_table& differences, const stopping_rule& rule) {
  const auto widest = widest_half_width(differences, rule.ranking);
  return widest && *widest <= sufficient_half_width(rule.ranking.margin);
}

std::optional<std::size_t> blocks_wanted(const difference_table& differences, std::size_t blocks,
                                         const stopping_rule& rule) {
  half_widths widths(differences.models(), rule.ranking);
  double growth = 0;
  for (std::size_t i = 0; i < differences.models(); ++i)
    for (std::size_t j = i + 1; j < differences.models(); ++j) {
      const auto& difference = differences.at(i, j);
      if (!difference || !widths.of(*difference)) return std::nullopt;
      growth = std::max(
          growth, growth_wanted(*difference, widths, sufficient_half_width(rule.ranking.margin)));
    }
  if (std::isinf(growth)) return std::nullopt;
  const double total = std::ceil(static_cast<double>(blocks) * growth);
  return std::max(rule.first_look,
                  static_cast<std::size_t>(std::min(total, most_blocks_worth_saying)));
}

std::optional<std::size_t> hosts_wanted(const difference_table& differences,
                                        const stopping_rule& rule) {
  half_widths widths(differences.models(), rule.ranking);
  std::size_t wanted = 2;
  for (std::size_t i = 0; i < differences.models(); ++i)
    for (std::size_t j = i + 1; j < differences.models(); ++j) {
      const auto& now = differences.at(i, j);
      if (!now || now->hosts < 2 || !widths.of(*now)) return std::nullopt;
      paired_difference future = *now;
      for (;; ++wanted) {
        future.degrees = static_cast<double>(wanted - 1);
        future.standard_error = now->standard_error * std::sqrt(static_cast<double>(now->hosts) /
                                                                static_cast<double>(wanted));
        if (wanted == most_hosts_worth_saying ||
            *widths.of(future) <= sufficient_half_width(rule.ranking.margin))
          break;
      }
    }
  return wanted;
}

}  // namespace crossover
