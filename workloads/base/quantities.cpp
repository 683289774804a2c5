#include "workloads/base/quantities.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace crossover {
namespace {

using unit = std::pair<std::string_view, std::uint64_t>;
constexpr std::array sizes = {unit{"GiB", 1ULL << 30}, unit{"MiB", 1ULL << 20},
                              unit{"KiB", 1ULL << 10}, unit{"B", 1}};
constexpr std::array durations = {unit{"ns", 1}, unit{"us", 1'000}, unit{"µs", 1'000},
                                  unit{"ms", 1'000'000}, unit{"s", 1'000'000'000}};

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
    if (std::abs(value - whole) > 1e-6 + 1e-15 * value || value > 9e18) return std::nullopt;
    return static_cast<std::uint64_t>(whole);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  if (const auto bare = parse_count(text)) return bare;
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
