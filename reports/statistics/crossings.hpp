#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "reports/statistics/ranking.hpp"

namespace crossover {

/// A contest at one place of an axis, such as 64 in flight. A model leads there if it is `best`, or
/// `equivalent` to the best.
struct axis_point {
  double at = 0;
  /// Class of each model; nullopt for a model that takes no part in this contest, and for every
  /// model of a contest that ranks nobody (`capped`).
  std::vector<std::optional<model_class>> classes;
};

/// A stretch of the axis on which the same models lead wherever the contest is decided.
struct leading_range {
  double from = 0;
  double to = 0;
  std::vector<std::size_t> leaders;  ///< indices of models, ascending; never empty
  std::size_t undecided = 0;         ///< points within the range that decide nothing
};

/// A shown change of the leading models: at `after` some of `incoming` is slower than the best, at
/// `before` some of `outgoing` is. The crossing lies between the two.
struct crossing {
  double after = 0;
  double before = 0;
  std::vector<std::size_t> outgoing;
  std::vector<std::size_t> incoming;
};

struct leadership {
  std::vector<leading_range> ranges;  ///< ascending; neighbours share the points where both lead
  std::vector<crossing> crossings;    ///< ascending; empty if no crossing is shown
  std::size_t undecided = 0;          ///< points of the whole axis that decide nothing
};

/// Finds out where the leading models change along an axis.
///
/// A point decides something if two or more models take part, some lead, and none is
/// `not_separated`; the others are passed over, so they widen the interval of a crossing and never
/// make one. Decided points are joined from left to right as long as some model leads at all of
/// them; then each range is extended to the left as long as its leaders lead there too. That a
/// leader does not take part beyond some point ends its range and is not a crossing.
///
/// Throws std::invalid_argument unless `at` ascends strictly and all points have the same number of
/// models.
leadership leadership_along(const std::vector<axis_point>& points);

}  // namespace crossover
