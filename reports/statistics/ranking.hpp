#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "reports/statistics/paired_differences.hpp"

namespace crossover {

enum class model_class {
  best,           ///< faster than every other model
  equivalent,     ///< within the margin of the best
  slower,         ///< slower than the best, and not shown to be within the margin
  not_separated,  ///< none of these is shown
};

enum class contest_verdict {
  best,         ///< one model is faster than every other
  equivalent,   ///< every model that may be the best is within the margin of it
  capped,       ///< arithmetic or the server limits all models; none is ranked
  cannot_tell,  ///< some model may be the best, and may be slower by more than the margin
  single,       ///< fewer than two models
};

std::string_view name_of(model_class value);
std::string_view name_of(contest_verdict value);

struct ranking_options {
  double margin = 0.05;      ///< "equivalent" means a ratio of at least 1 - margin
  double confidence = 0.95;  ///< of all intervals of the contest together
  /// A pair with fewer common blocks is not separated. A regime that a process enters half of the
  /// time is missed in six blocks with probability 1/32, in five with more than 5 %.
  std::size_t minimum_blocks = 6;
  bool capped = false;                ///< limits were found elsewhere; the verdict is then `capped`
  autocorrelation_estimate run = {};  ///< of all contests of the run; empty: of this contest only
};

/// Throughput of a model divided by that of the best of the other models.
struct ratio_to_best {
  double ratio = 1;
  double lower = 0;
  std::optional<double> upper;  ///< nullopt if no upper bound is shown
};

struct model_rank {
  model_class shown = model_class::not_separated;
  std::optional<ratio_to_best> to_best;  ///< nullopt if the model shares no blocks with another
  /// If `slower`: lower bound of the missing throughput, as a share of the best throughput.
  double slower_by_at_least = 0;
};

struct contest_ranking {
  contest_verdict verdict = contest_verdict::cannot_tell;
  std::vector<model_rank> models;  ///< in the order of the input
};

/// Ranks the models of a contest by their log throughput per block.
///
/// Multiple comparisons with the best (Hsu 1984, Edwards & Hsu 1983): let b be the unknown best of
/// K models. With probability `confidence`, all K - 1 paired differences between b and another
/// model are in their two-sided t-intervals d +- w. Then b is among the models that no other
/// exceeds by more than w: the candidates. If b is candidate c, the interval of i against c
/// contains the ratio of model i to the best of the others. The published interval covers all
/// candidates: from the smallest lower bound against a candidate to the largest upper bound. A
/// candidate may itself be b, so its upper bound is its smallest one against any model. All
/// statements about all models hold together, because they follow from the same K - 1 intervals.
///
/// Blocks common to all models are the common random numbers of Nelson & Matejcik 1995. As in the
/// first of their two procedures (and in Clark & Yang 1986), every pair has its own variance and
/// the critical value is Bonferroni's: no sphericity is assumed.
///
/// Over several hosts, the ratios are those that another host of the same kind is expected to have
/// (`paired_differences`).
///
/// A series without values counts as a model of unknown speed: leave out models that failed.
/// Throws std::invalid_argument if the series differ in length.
contest_ranking rank_models(const std::vector<block_values>& models,
                            const ranking_options& options = {}, const block_values& anchor = {},
                            const block_hosts& hosts = {});

/// Half widths of the intervals of the differences in one contest.
class half_widths {
 public:
  half_widths(std::size_t models, const ranking_options& options)
      : models_(models), options_(options) {}

  /// nullopt if the pair has fewer than `minimum_blocks` common blocks.
  std::optional<double> of(const paired_difference& difference);

 private:
  std::size_t models_;
  ranking_options options_;
  // Most pairs of a contest have the same degrees, and a quantile costs microseconds.
  double degrees_ = 0;
  double critical_value_ = 0;
};

/// Ratio of `models[chosen]` to `reference`, with its two-sided paired interval. The model may be
/// chosen by the same blocks: the intervals of all models hold together (Bonferroni). The
/// autocorrelation is pooled over the differences of all series, as in `rank_models`, because one
/// short series gives little information. nullopt if the two share fewer than `minimum_blocks`.
/// Throws std::invalid_argument if the series differ in length.
std::optional<ratio_to_best> ratio_to_reference(std::vector<block_values> models,
                                                std::size_t chosen, const block_values& reference,
                                                const ranking_options& options = {},
                                                const block_hosts& hosts = {});

}  // namespace crossover
