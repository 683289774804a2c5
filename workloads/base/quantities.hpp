#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crossover {

/// Returns the bytes of "64", "64B", "64KiB", "1MiB" or "1GiB"; nullopt for any other text.
std::optional<std::uint64_t> parse_size(std::string_view text);
/// Returns the nanoseconds of "0", "100ns", "50us", "10ms", "1.5s", "5min" or "1h"; nullopt for any
/// other text. Only 0 needs no unit.
std::optional<std::uint64_t> parse_duration_ns(std::string_view text);
/// Returns a decimal whole number; nullopt for any other text.
std::optional<std::uint64_t> parse_count(std::string_view text);
/// Returns a finite decimal number; nullopt for any other text.
std::optional<double> parse_decimal(std::string_view text);
/// Returns the share of "5%" or "0.05"; nullopt for any other text. A number from 1 on needs its
/// sign: "5" could mean 5 % or 500 %.
std::optional<double> parse_share(std::string_view text);

/// Returns how a text that is not a size should be written: "not a size; did you mean '1KiB'?".
std::string size_advice(std::string_view text);
/// Returns how a text that is not a duration should be written. `unit`: suggested for a number
/// without one.
std::string duration_advice(std::string_view text, std::string_view unit = "ms");
/// Returns how a text that is not a share should be written: "write 5% or 0.05".
std::string share_advice(std::string_view text);

/// Returns the shortest exact spelling: 65536 is "64KiB".
std::string format_size(std::uint64_t bytes);
/// Returns the shortest exact spelling: 10000000 is "10ms".
std::string format_duration(std::uint64_t ns);

}  // namespace crossover
