#include "reports/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace crossover {
namespace {

struct prefix {
  double factor;
  std::string_view symbol;
};
constexpr std::array prefixes = {prefix{1e12, "T"}, prefix{1e9, "G"},  prefix{1e6, "M"},
                                 prefix{1e3, "k"},  prefix{1, ""},     prefix{1e-3, "m"},
                                 prefix{1e-6, "µ"}, prefix{1e-9, "n"}, prefix{1e-12, "p"}};

/// Three significant digits, plain notation, without trailing zeros after the point.
std::string three_digits(double value) {
  const double size = std::abs(value);
  const int decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4;
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.find('.') != std::string::npos) {
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
  }
  return text;
}

std::string prefixed(double value, std::string_view unit, bool fractions) {
  const double size = std::abs(value);
  if (size == 0) return fmt::format("0 {}", unit);
  const prefix* chosen = &prefixes.back();
  for (const prefix& p : prefixes) {
    if (!fractions && p.factor < 1) break;
    chosen = &p;
    if (size >= p.factor * 0.9995) break;
  }
  return fmt::format("{} {}{}", three_digits(value / chosen->factor), chosen->symbol, unit);
}

}  // namespace

std::string figure_text(double value, std::string_view unit) {
  if (unit == "1/s") return prefixed(value, "/s", /*fractions=*/false);
  if (unit == "s") return prefixed(value, "s", /*fractions=*/true);
  if (unit == "bytes") return prefixed(value, "B", /*fractions=*/false);
  if (unit == "bytes/s") return prefixed(value, "B/s", /*fractions=*/false);
  if (std::abs(value) >= 10000) {
    std::string text = prefixed(value, "", /*fractions=*/false);
    return text;
  }
  if (value != 0 && std::abs(value) < 0.001) return fmt::format("{:.2g}", value);
  return three_digits(value);
}

std::string interval_text(const interval& value, std::string_view unit) {
  const std::string mean = figure_text(value.mean, unit);
  if (!value.lower || !value.upper) return mean;
  std::string lower = figure_text(*value.lower, unit);
  std::string upper = figure_text(*value.upper, unit);
  // If all three have the same unit, only the mean shows it.
  const auto unit_of = [](const std::string& text) {
    return text.substr(std::min(text.find(' '), text.size()));
  };
  if (unit_of(lower) == unit_of(mean) && unit_of(upper) == unit_of(mean)) {
    lower.resize(lower.size() - unit_of(mean).size());
    upper.resize(upper.size() - unit_of(mean).size());
  }
  return fmt::format("{} ({} to {})", mean, lower, upper);
}

std::string ratio_text(const interval& value) {
  if (!value.lower || !value.upper) return fmt::format("{}×", three_digits(value.mean));
  return fmt::format("{}× ({} to {})", three_digits(value.mean), three_digits(*value.lower),
                     three_digits(*value.upper));
}

std::string percent_text(double share) {
  const double percent = share * 100;
  return fmt::format("{} %", std::abs(percent) >= 10 || percent == 0
                                 ? fmt::format("{:.0f}", percent)
                                 : fmt::format("{:.1f}", percent));
}

std::string time_text(double seconds) {
  const long whole = std::lround(std::ceil(seconds));
  if (whole >= 3600) return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
  if (whole >= 60) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} s", whole);
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string join_and(const std::vector<std::string>& texts) {
  std::string joined;
  for (std::size_t i = 0; i < texts.size(); ++i)
    joined += (i == 0 ? "" : i + 1 == texts.size() ? " and " : ", ") + texts[i];
  return joined;
}

std::optional<double> seconds_of(std::string_view text, double bare_unit) {
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || !std::isfinite(value) || value < 0) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit.empty()) return value * bare_unit;
  if (unit == "ns") return value * 1e-9;
  if (unit == "us" || unit == "µs") return value * 1e-6;
  if (unit == "ms") return value * 1e-3;
  if (unit == "s") return value;
  return std::nullopt;
}

}  // namespace crossover
