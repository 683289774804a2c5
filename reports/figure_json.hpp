#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <vector>

#include "reports/statistics/interval.hpp"

namespace crossover {

/// The value rounded to five significant digits: precise enough for any measurement, half the
/// bytes. null if it is not finite.
nlohmann::ordered_json number_json(double value);
nlohmann::ordered_json number_json(const std::optional<double>& value);

/// [mean, lower, upper, n]; the bounds are null for fewer than three blocks.
nlohmann::ordered_json figure_json(const interval& of);

/// The figure, with its values if there are several; null for no figure.
nlohmann::ordered_json figure_json(const std::optional<interval>& of,
                                   const std::vector<double>& values);

}  // namespace crossover
