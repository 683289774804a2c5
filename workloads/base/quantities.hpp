#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crossover {

/// Bytes of "64", "64B", "64KiB", "1MiB", "1GiB"; nothing for anything else.
std::optional<std::uint64_t> parse_size(std::string_view text);
/// Nanoseconds of "0", "50us", "10ms", "1.5s", "100ns"; a unit is needed unless it is 0. Nothing
/// for anything else.
std::optional<std::uint64_t> parse_duration_ns(std::string_view text);
/// A plain decimal whole number; nothing for anything else.
std::optional<std::uint64_t> parse_count(std::string_view text);

/// The shortest exact spelling: 65536 is "64KiB".
std::string format_size(std::uint64_t bytes);
/// The shortest exact spelling: 10000000 is "10ms".
std::string format_duration(std::uint64_t ns);

}  // namespace crossover
