#include "workloads/base/quantities.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>
#include <utility>

namespace crossover {
namespace {

using unit = std::pair<std::string_view, std::uint64_t>;
constexpr std::array sizes = {unit{"GiB", 1ULL << 30}, unit{"MiB", 1ULL << 20},
                              unit{"KiB", 1ULL << 10}, unit{"B", 1}};
constexpr std::array durations = {unit{"ns", 1},
                                  unit{"us", 1'000},
                                  unit{"µs", 1'000},
                                  unit{"ms", 1'000'000},
                                  unit{"s", 1'000'000'000},
                                  unit{"min", 60'000'000'000},
                                  unit{"h", 3'600'000'000'000}};

/// Limit of bytes and of ns.
constexpr std::uint64_t max_quantity = 9'000'000'000'000'000'000;

template <std::size_t N>
std::optional<std::uint64_t> parse(std::string_view text, const std::array<unit, N>& units) {
  double number = 0;
  if (text.starts_with('-')) return std::nullopt;
  const auto [end, failure] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (failure != std::errc{} || !(number >= 0)) return std::nullopt;
  const std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const auto& [name, factor] : units) {
    if (suffix != name) continue;
    // A decimal fraction without an exact binary form, for example 16.1us, differs slightly from
    // the whole number of ns that it stands for.
    const double value = number * static_cast<double>(factor);
    const double whole = std::round(value);
    if (std::abs(value - whole) > 1e-6 + 1e-15 * value || value > static_cast<double>(max_quantity))
      return std::nullopt;
    return static_cast<std::uint64_t>(whole);
  }
  return std::nullopt;
}

/// A misspelt unit, in lower case, and the unit that it stands for.
struct misspelt_unit {
  std::string_view written, unit;
};
constexpr std::array misspelt_sizes = {
    misspelt_unit{"b", "B"},   misspelt_unit{"byte", "B"}, misspelt_unit{"bytes", "B"},
    misspelt_unit{"k", "KiB"}, misspelt_unit{"kb", "KiB"}, misspelt_unit{"kib", "KiB"},
    misspelt_unit{"m", "MiB"}, misspelt_unit{"mb", "MiB"}, misspelt_unit{"mib", "MiB"},
    misspelt_unit{"g", "GiB"}, misspelt_unit{"gb", "GiB"}, misspelt_unit{"gib", "GiB"}};
constexpr std::array misspelt_durations = {
    misspelt_unit{"ns", "ns"},       misspelt_unit{"nsec", "ns"},    misspelt_unit{"us", "us"},
    misspelt_unit{"usec", "us"},     misspelt_unit{"ms", "ms"},      misspelt_unit{"msec", "ms"},
    misspelt_unit{"millis", "ms"},   misspelt_unit{"s", "s"},        misspelt_unit{"sec", "s"},
    misspelt_unit{"secs", "s"},      misspelt_unit{"seconds", "s"},  misspelt_unit{"second", "s"},
    misspelt_unit{"m", "min"},       misspelt_unit{"min", "min"},    misspelt_unit{"mins", "min"},
    misspelt_unit{"minutes", "min"}, misspelt_unit{"minute", "min"}, misspelt_unit{"h", "h"},
    misspelt_unit{"hour", "h"},      misspelt_unit{"hours", "h"}};

/// Returns a number with the unit that its misspelt one stands for; "" if there is none.
std::string corrected(std::string_view text, std::span<const misspelt_unit> units) {
  std::string compact;
  for (const char c : text)
    if (c != ' ') compact += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const std::size_t end = std::min(compact.find_first_not_of("0123456789."), compact.size());
  const auto match = std::find_if(units.begin(), units.end(), [&](const misspelt_unit& u) {
    return u.written == std::string_view(compact).substr(end);
  });
  return end == 0 || match == units.end()
             ? ""
             : fmt::format("{}{}", compact.substr(0, end), match->unit);
}

std::string advice(std::string_view kind, const std::string& correction,
                   std::string_view examples) {
  return correction.empty() ? fmt::format("not a {}; write for example {}", kind, examples)
                            : fmt::format("not a {}; did you mean '{}'?", kind, correction);
}

}  // namespace

std::optional<double> parse_decimal(std::string_view text) {
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{} || end != text.data() + text.size() || !std::isfinite(number))
    return std::nullopt;
  return number;
}

std::optional<double> parse_share(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  while (percent && text.ends_with(' ')) text.remove_suffix(1);
  const std::optional<double> number = parse_decimal(text);
  if (!number || *number < 0 || std::signbit(*number) || (!percent && *number >= 1))
    return std::nullopt;
  return percent ? *number / 100 : *number;
}

std::string size_advice(std::string_view text) {
  const std::string correction = corrected(text, misspelt_sizes);
  return advice("size", parse_size(correction) ? correction : "", "64, 64KiB or 1MiB");
}

std::string duration_advice(std::string_view text, std::string_view unit) {
  const std::string correction =
      parse_decimal(text) ? fmt::format("{}{}", text, unit) : corrected(text, misspelt_durations);
  return advice("duration", parse_duration_ns(correction) ? correction : "", "100us, 10ms or 1s");
}

std::string share_advice(std::string_view text) {
  const std::optional<double> number = parse_decimal(text);
  return number && *number >= 1 ? fmt::format("write {0:g}% or {1:g}", *number, *number / 100)
                                : "not a share; write 5% or 0.05";
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  if (const auto bare = parse_count(text); bare && *bare <= max_quantity) return bare;
  return parse(text, sizes);
}

std::optional<std::uint64_t> parse_duration_ns(std::string_view text) {
  if (text == "0") return 0;
  return parse(text, durations);
}

std::string format_size(std::uint64_t bytes) {
  for (const auto& [name, factor] : sizes)
    if (bytes >= factor && bytes % factor == 0)
      return fmt::format("{}{}", bytes / factor, factor == 1 ? "" : name);
  return fmt::format("{}", bytes);
}

std::string format_duration(std::uint64_t ns) {
  if (ns == 0) return "0";
  for (const auto& [name, factor] :
       {unit{"s", 1'000'000'000}, unit{"ms", 1'000'000}, unit{"us", 1'000}})
    if (ns % factor == 0) return fmt::format("{}{}", ns / factor, name);
  return fmt::format("{}ns", ns);
}

}  // namespace crossover
