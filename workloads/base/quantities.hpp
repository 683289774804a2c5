#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crossover {

/// Returns the bytes of "64", "64B", "64KiB", "1MiB" or "1GiB"; nullopt for any other text.
std::optional<std::uint64_t> parse_size(std::string_view text);
/// Returns the nanoseconds of "0", "100ns", "50us", "10ms" or "1.5s"; nullopt for any other text.
/// Only 0 needs no unit.
std::optional<std::uint64_t> parse_duration_ns(std::string_view text);
/// Returns a decimal whole number; nullopt for any other text.
std::optional<std::uint64_t> parse_count(std::string_view text);

/// Returns the shortest exact spelling: 65536 is "64KiB".
std::string format_size(std::uint64_t bytes);
/// Returns the shortest exact spelling: 10000000 is "10ms".
std::string format_duration(std::uint64_t ns);

}  // namespace crossover
