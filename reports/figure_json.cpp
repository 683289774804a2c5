#include "reports/figure_json.hpp"

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>

namespace crossover {
namespace {

using nlohmann::ordered_json;

/// Blocks that an interval needs to be drawn.
constexpr std::size_t minimum_for_interval = 3;

}  // namespace

ordered_json number_json(double value) {
  if (!std::isfinite(value)) return nullptr;
  if (value == 0) return 0;
  const int shift = 4 - static_cast<int>(std::floor(std::log10(std::abs(value))));
  const double factor = std::pow(10.0, std::abs(shift));
  const double kept =
      shift >= 0 ? std::round(value * factor) / factor : std::round(value / factor) * factor;
  if (kept == std::floor(kept) && std::abs(kept) < 1e15) return static_cast<std::int64_t>(kept);
  return std::isfinite(kept) ? kept : value;
}

ordered_json number_json(const std::optional<double>& value) {
  return value ? number_json(*value) : ordered_json(nullptr);
}

ordered_json figure_json(const interval& of) {
  if (of.n < minimum_for_interval) return {number_json(of.mean), nullptr, nullptr, of.n};
  return {number_json(of.mean), number_json(of.lower), number_json(of.upper), of.n};
}

ordered_json figure_json(const std::optional<interval>& of, const std::vector<double>& values) {
  if (!of) return nullptr;
  ordered_json array = figure_json(*of);
  if (values.size() > 1)
    for (const double value : values) array.push_back(number_json(value));
  return array;
}

}  // namespace crossover
