#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "reports/statistics/ranking.hpp"

namespace crossover {

/// A contest at one place on an axis, such as 64 in flight. A model leads there if it is `best`, or
/// `equivalent` to the best.
struct axis_point {
  double at = 0;
  /// Class of each model; nullopt for a model that is absent from this contest, and for every model
  /// of a contest without ranks (`capped`).
  std::vector<std::optional<model_class>> classes;
};

/// A range of the axis with the same leading models at every decided point.
struct leading_range {
  double from = 0;
  double to = 0;
  std::vector<std::size_t> leaders;  ///< indices of models, ascending; never empty
  std::size_t undecided = 0;         ///< undecided points within the range
};

/// A shown change of the leading models, between two points of the axis. At `after`, a model of
/// `incoming` is slower than the best; at `before`, a model of `outgoing` is.
struct crossing {
  double after = 0;
  double before = 0;
  std::vector<std::size_t> outgoing;
  std::vector<std::size_t> incoming;
};

struct leadership {
  std::vector<leading_range> ranges;  ///< ascending; neighbours share the points where both lead
  std::vector<crossing> crossings;    ///< ascending; empty if no crossing is shown
  std::size_t undecided = 0;          ///< undecided points of the whole axis
};

/// Finds the changes of the leading models along an axis.
///
/// A point is decided if it has two or more models, some of them lead, and none is `not_separated`.
/// Undecided points are skipped, so they widen the interval of a crossing and never make one.
/// Decided points are joined from left to right while some model leads at all of them. Then each
/// range is extended to the left while its leaders lead there too. If a leader is absent from some
/// point on, its range ends there; that is not a crossing.
///
/// Throws std::invalid_argument unless `at` ascends strictly and all points have the same number of
/// models.
leadership leadership_along(const std::vector<axis_point>& points);

}  // namespace crossover
