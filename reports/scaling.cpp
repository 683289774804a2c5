#include "reports/scaling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "reports/units.hpp"

namespace crossover {
namespace {

using terms = std::array<double, 3>;
using matrix = std::array<terms, 3>;

/// Terms of the law at N cores: N/X = a · 1 + b · (N − 1) + c · N (N − 1), with rate = 1/a,
/// contention = b/a, coherency = c/a.
terms terms_at(double cores) { return {1, cores - 1, cores * (cores - 1)}; }

double dot(const terms& a, const terms& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

/// Inverts the leading size × size block (Gauss–Jordan); false if it is singular.
bool invert(const matrix& from, std::size_t size, matrix& inverse) {
  matrix work = from;
  inverse = {};
  for (std::size_t i = 0; i < size; ++i) inverse[i][i] = 1;
  for (std::size_t column = 0; column < size; ++column) {
    std::size_t pivot = column;
    for (std::size_t row = column + 1; row < size; ++row)
      if (std::abs(work[row][column]) > std::abs(work[pivot][column])) pivot = row;
    if (!(std::abs(work[pivot][column]) > 0)) return false;
    std::swap(work[pivot], work[column]);
    std::swap(inverse[pivot], inverse[column]);
    const double scale = work[column][column];
    for (std::size_t j = 0; j < size; ++j) {
      work[column][j] /= scale;
      inverse[column][j] /= scale;
    }
    for (std::size_t row = 0; row < size; ++row) {
      if (row == column) continue;
      const double factor = work[row][column];
      for (std::size_t j = 0; j < size; ++j) {
        work[row][j] -= factor * work[column][j];
        inverse[row][j] -= factor * inverse[column][j];
      }
    }
  }
  return true;
}

/// Coefficients of a linear regression and their covariance.
struct regression {
  terms coefficients{};
  matrix covariance{};
  double degrees = 0;
};

std::optional<regression> regress(std::span<const scaling_point> points, std::size_t size) {
  regression fit;
  std::vector<double> weights;
  for (const scaling_point& p : points) weights.push_back(p.throughput / p.cores);
  matrix inverse;
  for (int round = 0; round < 8; ++round) {
    matrix normal{};
    terms right{};
    for (std::size_t i = 0; i < points.size(); ++i) {
      const terms x = terms_at(points[i].cores);
      const double w = weights[i] * weights[i];
      const double y = points[i].cores / points[i].throughput;
      for (std::size_t r = 0; r < size; ++r) {
        right[r] += w * x[r] * y;
        for (std::size_t c = 0; c < size; ++c) normal[r][c] += w * x[r] * x[c];
      }
    }
    if (!invert(normal, size, inverse)) return std::nullopt;
    fit.coefficients = {};
    for (std::size_t r = 0; r < size; ++r)
      for (std::size_t c = 0; c < size; ++c) fit.coefficients[r] += inverse[r][c] * right[c];
    for (std::size_t i = 0; i < points.size(); ++i) {
      const double fitted = dot(fit.coefficients, terms_at(points[i].cores));
      if (!(fitted > 0)) return std::nullopt;
      weights[i] = 1 / fitted;
    }
  }
  double squares = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double fitted = dot(fit.coefficients, terms_at(points[i].cores));
    const double off = (points[i].cores / points[i].throughput - fitted) * weights[i];
    squares += off * off;
  }
  fit.degrees = static_cast<double>(points.size() - size);
  for (std::size_t r = 0; r < size; ++r)
    for (std::size_t c = 0; c < size; ++c)
      fit.covariance[r][c] = inverse[r][c] * squares / fit.degrees;
  return fit;
}

/// Fieller's interval of (u·β)/(v·β); without bounds if the denominator may be 0.
interval ratio_of(const regression& fit, const terms& u, const terms& v, std::size_t n) {
  const auto covariance = [&](const terms& a, const terms& b) {
    double sum = 0;
    for (std::size_t r = 0; r < 3; ++r)
      for (std::size_t c = 0; c < 3; ++c) sum += a[r] * fit.covariance[r][c] * b[c];
    return sum;
  };
  const double above = dot(u, fit.coefficients);
  const double below = dot(v, fit.coefficients);
  interval ratio{above / below, std::nullopt, std::nullopt, n};
  const double t = t_quantile(fit.degrees);
  const double a = below * below - t * t * covariance(v, v);
  const double b = above * below - t * t * covariance(u, v);
  const double c = above * above - t * t * covariance(u, u);
  const double inside = b * b - a * c;
  if (!(a > 0) || !(inside >= 0)) return ratio;
  ratio.lower = (b - std::sqrt(inside)) / a;
  ratio.upper = (b + std::sqrt(inside)) / a;
  return ratio;
}

/// Cuts estimate and bounds at 0: a share cannot be negative.
interval not_negative(interval of) {
  of.mean = std::max(0.0, of.mean);
  if (of.lower) of.lower = std::max(0.0, *of.lower);
  if (of.upper) of.upper = std::max(0.0, *of.upper);
  return of;
}

std::optional<interval> peak_of(const regression& fit, const interval& coherency, std::size_t n) {
  if (!coherency.lower || !(*coherency.lower > 0)) return std::nullopt;
  // dX/dN = 0 at N² = (a − b) / c.
  const interval squared = ratio_of(fit, {1, -1, 0}, {0, 0, 1}, n);
  if (!(squared.mean > 1)) return std::nullopt;
  interval peak{std::sqrt(squared.mean), std::nullopt, std::nullopt, n};
  if (squared.lower && squared.upper && *squared.upper > 0) {
    peak.lower = std::sqrt(std::max(1.0, *squared.lower));
    peak.upper = std::sqrt(*squared.upper);
  }
  return peak;
}

}  // namespace

std::string_view to_string(scaling_law law) {
  return law == scaling_law::amdahl ? "Amdahl" : "USL";
}

scaling_fit fit_scaling(scaling_law law, std::span<const scaling_point> points) {
  const std::size_t size = law == scaling_law::amdahl ? 2 : 3;
  scaling_fit fit;
  fit.law = law;
  std::vector<scaling_point> usable;
  std::set<double> counts;
  for (const scaling_point& p : points) {
    if (!(p.throughput > 0) || !(p.cores >= 1)) continue;
    usable.push_back(p);
    counts.insert(p.cores);
  }
  if (counts.size() < size + 1) {
    fit.missing = fmt::format("needs {} core counts, has {}", size + 1, counts.size());
    return fit;
  }
  if (usable.size() < size + 2) {
    fit.missing = fmt::format("needs {} blocks, has {}", size + 2, usable.size());
    return fit;
  }
  const auto fitted = regress(usable, size);
  if (!fitted || !(fitted->coefficients[0] > 0)) {
    fit.missing = "does not follow the law";
    return fit;
  }
  const std::size_t n = usable.size();
  // The rate is 1/a, so its interval is that of a, inverted.
  fit.rate = {1 / fitted->coefficients[0], std::nullopt, std::nullopt, n};
  const double half = t_quantile(fitted->degrees) * std::sqrt(fitted->covariance[0][0]);
  if (fitted->coefficients[0] > half) {
    fit.rate.lower = 1 / (fitted->coefficients[0] + half);
    fit.rate.upper = 1 / (fitted->coefficients[0] - half);
  }
  fit.contention = not_negative(ratio_of(*fitted, {0, 1, 0}, {1, 0, 0}, n));
  if (law == scaling_law::usl) {
    fit.coherency = not_negative(ratio_of(*fitted, {0, 0, 1}, {1, 0, 0}, n));
    fit.peak_cores = peak_of(*fitted, *fit.coherency, n);
  }
  fit.from_cores = *counts.begin();
  fit.to_cores = *counts.rbegin();
  fit.terms = fitted->coefficients;
  return fit;
}

std::vector<scaling_fit> scaling_fits(const results& value, const panel& p) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<scaling_point>> points;
  const auto in_flight = in_flight_over_cores(value, p);
  for (const std::size_t i : p.cells) {
    const cell_result& cell = value.cells[i];
    if (!cell.cores || cell.in_flight != in_flight) continue;
    const std::vector<double> throughputs = values_of(cell, "throughput");
    if (throughputs.empty()) continue;
    const auto [position, inserted] = points.try_emplace(cell.model);
    if (inserted) order.push_back(cell.model);
    for (const double throughput : throughputs)
      position->second.push_back({static_cast<double>(*cell.cores), throughput});
  }
  std::vector<scaling_fit> fits;
  for (const std::string& model : order)
    for (const scaling_law law : {scaling_law::amdahl, scaling_law::usl}) {
      fits.push_back(fit_scaling(law, points[model]));
      fits.back().model = model;
    }
  return fits;
}

}  // namespace crossover
