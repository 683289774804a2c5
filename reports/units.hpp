#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/statistics/interval.hpp"

namespace crossover {

/// Formats a figure with three significant digits and an SI prefix: (12345, "1/s") is "12.3 k/s",
/// (4.1e-6, "s") is "4.1 µs", (1.5e6, "bytes") is "1.5 MB",
/// (1.5e9, "bytes/s") is "1.5 GB/s", (0.25, "1") is "0.25".
std::string figure_text(double value, std::string_view unit);

/// "12.3 k/s (12.1 to 12.5)" or, across prefixes, "1.01 k/s (990 /s to 1.03 k/s)"; only the mean if
/// there are no bounds.
std::string interval_text(const interval& value, std::string_view unit);

/// "2.3×", and with bounds "2.3× (2.2 to 2.4)".
std::string ratio_text(const interval& value);

/// "78 %".
std::string percent_text(double share);

/// Seconds, rounded up: "1 h 2 min", "1 min 20 s", "9 s".
std::string time_text(double seconds);

/// Count and noun, with an s unless the count is 1: "3 cores", "1 core".
std::string counted(std::size_t count, std::string_view noun);

/// Joins texts with commas and a final "and": "a, b and c".
std::string join_and(const std::vector<std::string>& texts);

/// Parses a duration such as "10ms", "250us" or "1s" into seconds. A bare number is in units of
/// `bare_unit` seconds. Returns nullopt for any other text.
std::optional<double> seconds_of(std::string_view text, double bare_unit = 1e-6);

}  // namespace crossover
