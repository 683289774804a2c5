#include "reports/statistics/crossings.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>

namespace crossover {
namespace {

using model_indices = std::vector<std::size_t>;

/// Consecutive decided points, first to last, with common leaders.
struct span_of_points {
  std::size_t first = 0;
  std::size_t last = 0;
  model_indices leaders;
};

model_indices leaders_of(const axis_point& point) {
  model_indices leaders;
  for (std::size_t i = 0; i < point.classes.size(); ++i)
    if (point.classes[i] == model_class::best || point.classes[i] == model_class::equivalent)
      leaders.push_back(i);
  return leaders;
}

bool is_decided(const axis_point& point) {
  const auto takes_part = [](const auto& shown) { return shown.has_value(); };
  const auto is_open = [](const auto& shown) { return shown == model_class::not_separated; };
  return std::count_if(point.classes.begin(), point.classes.end(), takes_part) >= 2 &&
         !leaders_of(point).empty() &&
         std::none_of(point.classes.begin(), point.classes.end(), is_open);
}

bool all_lead(const model_indices& models, const axis_point& point) {
  const model_indices leaders = leaders_of(point);
  return std::includes(leaders.begin(), leaders.end(), models.begin(), models.end());
}

bool some_is_slower(const model_indices& models, const axis_point& point) {
  return std::any_of(models.begin(), models.end(), [&](std::size_t model) {
    return point.classes[model] == model_class::slower;
  });
}

void check(const std::vector<axis_point>& points) {
  for (std::size_t i = 1; i < points.size(); ++i)
    if (!(points[i - 1].at < points[i].at) ||
        points[i].classes.size() != points[i - 1].classes.size())
      throw std::invalid_argument(
          "points of an axis: must ascend and have the same number of models");
}

std::vector<span_of_points> spans_of(const std::vector<axis_point>& decided) {
  std::vector<span_of_points> spans;
  for (std::size_t p = 0; p < decided.size(); ++p) {
    const model_indices leaders = leaders_of(decided[p]);
    model_indices common;
    if (!spans.empty())
      std::set_intersection(spans.back().leaders.begin(), spans.back().leaders.end(),
                            leaders.begin(), leaders.end(), std::back_inserter(common));
    if (common.empty())
      spans.push_back({p, p, leaders});
    else {
      spans.back().last = p;
      spans.back().leaders = common;
    }
  }
  for (span_of_points& span : spans)
    while (span.first > 0 && all_lead(span.leaders, decided[span.first - 1])) --span.first;
  return spans;
}

}  // namespace

leadership leadership_along(const std::vector<axis_point>& points) {
  check(points);
  std::vector<axis_point> decided;
  std::copy_if(points.begin(), points.end(), std::back_inserter(decided), is_decided);

  leadership found;
  found.undecided = points.size() - decided.size();
  const std::vector<span_of_points> spans = spans_of(decided);
  for (const span_of_points& span : spans) {
    const double from = decided[span.first].at;
    const double to = decided[span.last].at;
    const auto undecided = std::count_if(points.begin(), points.end(), [&](const auto& point) {
      return point.at > from && point.at < to && !is_decided(point);
    });
    found.ranges.push_back({from, to, span.leaders, static_cast<std::size_t>(undecided)});
  }
  for (std::size_t s = 1; s < spans.size(); ++s) {
    const span_of_points& left = spans[s - 1];
    const span_of_points& right = spans[s];
    // `right` begins after the first point of `left`. If its leaders led at all points of `left`,
    // both would be one span.
    const axis_point& after = decided[right.first - 1];
    const axis_point& before = decided[left.last + 1];
    if (some_is_slower(right.leaders, after) && some_is_slower(left.leaders, before))
      found.crossings.push_back({after.at, before.at, left.leaders, right.leaders});
  }
  return found;
}

}  // namespace crossover
