#include "reports/statistics/ranking.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "reports/statistics/critical_values.hpp"

namespace crossover {
namespace {

/// Share of the permitted error that the intervals use. The rest allows for skewed noise, and for a
/// stopping rule that ends when the scatter happens to be low. With several comparisons,
/// Bonferroni's inequality is a reserve too. Calibrated with contest_simulation.
double share_of_error_used(unsigned comparisons) { return comparisons == 1 ? 0.3 : 0.7; }

constexpr double infinite = std::numeric_limits<double>::infinity();

/// Interval of a log ratio; the estimate is infinite if there is none.
struct log_bounds {
  double estimate = infinite;
  double lower = -infinite;
  double upper = infinite;
};

/// Intervals of all pairs; unbounded for a pair without an estimate.
class pair_bounds {
 public:
  pair_bounds(const difference_table& table, const ranking_options& options)
      : models_(table.models()), bounds_(models_ * models_) {
    half_widths widths(models_, options);
    for (std::size_t i = 0; i < models_; ++i)
      for (std::size_t j = 0; j < models_; ++j) {
        const auto& difference = table.at(i, j);
        if (!difference) continue;
        const double half = widths.of(*difference).value_or(infinite);
        bounds_[i * models_ + j] = {difference->mean, difference->mean - half,
                                    difference->mean + half};
      }
  }

  const log_bounds& at(std::size_t i, std::size_t j) const { return bounds_[i * models_ + j]; }
  std::size_t models() const { return models_; }

 private:
  std::size_t models_;
  std::vector<log_bounds> bounds_;
};

/// Models that no other is shown to exceed. If pairs have different blocks, every model may be
/// exceeded by another; then nothing is shown and all are candidates.
std::vector<bool> candidates_for_best(const pair_bounds& pairs) {
  std::vector<bool> candidates(pairs.models(), true);
  for (std::size_t i = 0; i < pairs.models(); ++i)
    for (std::size_t j = 0; j < pairs.models(); ++j)
      if (i != j && pairs.at(i, j).upper < 0) candidates[i] = false;
  if (std::find(candidates.begin(), candidates.end(), true) == candidates.end())
    candidates.assign(pairs.models(), true);
  return candidates;
}

/// Interval of model i less the best of the others.
log_bounds bounds_to_best(const pair_bounds& pairs, const std::vector<bool>& candidates,
                          std::size_t i) {
  log_bounds all{infinite, infinite, infinite};
  log_bounds against_candidates{infinite, infinite, -infinite};
  for (std::size_t j = 0; j < pairs.models(); ++j) {
    if (j == i) continue;
    const log_bounds& pair = pairs.at(i, j);
    all.estimate = std::min(all.estimate, pair.estimate);
    all.lower = std::min(all.lower, pair.lower);
    all.upper = std::min(all.upper, pair.upper);
    if (!candidates[j]) continue;
    against_candidates.lower = std::min(against_candidates.lower, pair.lower);
    against_candidates.upper = std::max(against_candidates.upper, pair.upper);
  }
  const bool only_candidate =
      candidates[i] && std::count(candidates.begin(), candidates.end(), true) == 1;
  log_bounds result = all;
  if (only_candidate)
    result.lower = std::max(0.0, all.lower);
  else if (candidates[i])
    result.lower = std::min(0.0, against_candidates.lower);
  else {
    result.lower = against_candidates.lower;
    result.upper = std::min(0.0, against_candidates.upper);
  }
  if (std::isfinite(result.estimate))
    result.estimate = std::clamp(result.estimate, result.lower, result.upper);
  return result;
}

contest_verdict verdict_of(const std::vector<model_rank>& ranks) {
  if (ranks.size() < 2) return contest_verdict::single;
  const auto any = [&](model_class shown) {
    return std::any_of(ranks.begin(), ranks.end(),
                       [&](const model_rank& rank) { return rank.shown == shown; });
  };
  if (any(model_class::best)) return contest_verdict::best;
  return any(model_class::not_separated) ? contest_verdict::cannot_tell
                                         : contest_verdict::equivalent;
}

std::optional<double> finite_exp(double logarithm) {
  if (logarithm == infinite) return std::nullopt;
  return std::exp(logarithm);
}

}  // namespace

std::string_view name_of(model_class value) {
  switch (value) {
    case model_class::best:
      return "best";
    case model_class::equivalent:
      return "equivalent";
    case model_class::slower:
      return "slower";
    case model_class::not_separated:
      return "not_separated";
  }
  return "";
}

std::string_view name_of(contest_verdict value) {
  switch (value) {
    case contest_verdict::best:
      return "best";
    case contest_verdict::equivalent:
      return "equivalent";
    case contest_verdict::capped:
      return "capped";
    case contest_verdict::cannot_tell:
      return "cannot_tell";
    case contest_verdict::single:
      return "single";
  }
  return "";
}

std::optional<double> half_widths::of(const paired_difference& difference) {
  if (models_ < 2 || difference.blocks < options_.minimum_blocks) return std::nullopt;
  if (difference.degrees != degrees_) {
    const auto comparisons = static_cast<unsigned>(models_ - 1);
    const double error = share_of_error_used(comparisons) * (1 - options_.confidence);
    degrees_ = difference.degrees;
    critical_value_ = joint_critical_value(degrees_, comparisons, 1 - error);
  }
  return difference.standard_error * critical_value_;
}

contest_ranking rank_models(const std::vector<block_values>& models, const ranking_options& options,
                            const block_values& anchor, const block_hosts& hosts) {
  const pair_bounds pairs(paired_differences(models, anchor, options.run, hosts), options);
  const std::vector<bool> candidates = candidates_for_best(pairs);
  const bool one_candidate = std::count(candidates.begin(), candidates.end(), true) == 1;

  contest_ranking ranking;
  ranking.models.resize(models.size());
  if (models.size() > 1)
    for (std::size_t i = 0; i < models.size(); ++i) {
      const log_bounds bounds = bounds_to_best(pairs, candidates, i);
      if (!std::isfinite(bounds.estimate)) continue;
      model_rank& rank = ranking.models[i];
      rank.to_best = {std::exp(bounds.estimate), std::exp(bounds.lower), finite_exp(bounds.upper)};
      if (one_candidate && candidates[i])
        rank.shown = model_class::best;
      else if (rank.to_best->lower >= 1 - options.margin)
        rank.shown = model_class::equivalent;
      else if (!candidates[i]) {
        rank.shown = model_class::slower;
        rank.slower_by_at_least = 1 - std::exp(bounds.upper);
      }
    }
  ranking.verdict = options.capped ? contest_verdict::capped : verdict_of(ranking.models);
  return ranking;
}

std::optional<ratio_to_best> ratio_to_reference(std::vector<block_values> models,
                                                std::size_t chosen, const block_values& reference,
                                                const ranking_options& options,
                                                const block_hosts& hosts) {
  models.push_back(reference);
  const auto difference =
      paired_differences(models, {}, options.run, hosts).at(chosen, models.size() - 1);
  if (!difference) return std::nullopt;
  const auto half = half_widths(models.size(), options).of(*difference);
  if (!half) return std::nullopt;
  return ratio_to_best{std::exp(difference->mean), std::exp(difference->mean - *half),
                       std::exp(difference->mean + *half)};
}

}  // namespace crossover
