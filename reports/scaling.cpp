#include "reports/scaling.hpp"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "reports/units.hpp"

namespace crossover {
namespace {

/// The law's terms at N cores, or coefficients of them. Amdahl's law has no third term.
using terms = Eigen::Vector3d;

/// Terms of the law at N cores: N/X = a · 1 + b · (N − 1) + c · N (N − 1), with rate = 1/a,
/// contention = b/a, coherency = c/a.
terms terms_at(double cores) { return {1, cores - 1, cores * (cores - 1)}; }

/// Coefficients of a linear regression and their covariance.
struct regression {
  terms coefficients = terms::Zero();
  Eigen::Matrix3d covariance = Eigen::Matrix3d::Zero();
  double degrees = 0;
};

/// Least squares on the relative error: the weights are those of the fitted values, so that the fit
/// is repeated until they are settled. Uses the first `size` terms. Returns nullopt if the core
/// counts do not determine them or a fitted value is not positive.
std::optional<regression> regress(std::span<const scaling_point> points, std::size_t size) {
  const auto rows = static_cast<Eigen::Index>(points.size());
  const auto columns = static_cast<Eigen::Index>(size);
  Eigen::MatrixXd design(rows, columns);
  Eigen::VectorXd slowness(rows);  // N / X
  for (Eigen::Index i = 0; i < rows; ++i) {
    const scaling_point& p = points[static_cast<std::size_t>(i)];
    design.row(i) = terms_at(p.cores).head(columns).transpose();
    slowness[i] = p.cores / p.throughput;
  }
  Eigen::VectorXd weights = slowness.cwiseInverse(), coefficients, fitted;
  Eigen::MatrixXd weighted;
  for (int round = 0; round < 8; ++round) {
    weighted = weights.asDiagonal() * design;
    const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> solver(weighted);
    if (solver.rank() < columns) return std::nullopt;
    coefficients = solver.solve(weights.cwiseProduct(slowness));
    fitted = design * coefficients;
    if (!(fitted.minCoeff() > 0)) return std::nullopt;
    weights = fitted.cwiseInverse();
  }
  regression fit;
  fit.degrees = static_cast<double>(rows - columns);
  const double squares = weights.cwiseProduct(slowness - fitted).squaredNorm();
  fit.coefficients.head(columns) = coefficients;
  fit.covariance.topLeftCorner(columns, columns) =
      (weighted.transpose() * weighted).inverse() * squares / fit.degrees;
  return fit;
}

/// Fieller's interval of (u·β)/(v·β); without bounds if the denominator may be 0.
interval ratio_of(const regression& fit, const terms& u, const terms& v, std::size_t n) {
  const auto covariance = [&](const terms& a, const terms& b) -> double {
    return a.dot(fit.covariance * b);
  };
  const double above = u.dot(fit.coefficients);
  const double below = v.dot(fit.coefficients);
  interval ratio{above / below, std::nullopt, std::nullopt, n};
  const double t = t_quantile(fit.degrees);
  const double uu = t * t * covariance(u, u), uv = t * t * covariance(u, v),
               vv = t * t * covariance(v, v);
  const double a = below * below - vv;
  const double b = above * below - uv;
  if (!(a > 0)) return ratio;
  // Equals b² − (above² − uu) · a without the difference of nearly equal squares. It is not
  // negative if a > 0.
  const terms w = below * u - above * v;
  const double inside = std::max(0.0, t * t * covariance(w, w) - (uu * vv - uv * uv));
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
  const double half = t_quantile(fitted->degrees) * std::sqrt(fitted->covariance(0, 0));
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
  std::copy(fitted->coefficients.begin(), fitted->coefficients.end(), fit.terms.begin());
  return fit;
}

std::vector<scaling_fit> scaling_fits(const results& value, const panel& p) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<scaling_point>> points;
  const auto in_flight = in_flight_over_cores(value, p);
  for (const std::size_t i : p.cells) {
    const cell_result& cell = value.cells[i];
    if (!cell.cores || cell.in_flight != in_flight) continue;
    const std::vector<double> throughputs = independent_values_of(cell, "throughput");
    if (throughputs.empty()) continue;
    const auto [position, inserted] = points.try_emplace(cell.model_label());
    if (inserted) order.push_back(cell.model_label());
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
