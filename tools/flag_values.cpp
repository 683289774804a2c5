#include "tools/flag_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "workloads/base/error.hpp"
#include "workloads/base/nearest.hpp"
#include "workloads/base/quantities.hpp"

namespace crossover {
namespace {

[[noreturn]] void reject(const std::string& advice) { throw error(error_kind::invalid, advice); }

/// Returns "1 to 10", or "1 or more" if the maximum is only that of the type.
template <typename Number>
std::string range_text(Number minimum, Number maximum) {
  return maximum >= std::numeric_limits<std::uint32_t>::max()
             ? fmt::format("{} or more", minimum)
             : fmt::format("{} to {}", minimum, maximum);
}

}  // namespace

double decimal_text::operator()(const std::string& text) const {
  const std::optional<double> number = parse_decimal(text);
  if (!number || *number < minimum || *number > maximum)
    reject("must be " + range_text(minimum, maximum));
  return *number;
}

double positive_text::operator()(const std::string& text) const {
  const std::optional<double> number = parse_decimal(text);
  if (!number || !(*number > 0)) reject("must be a number above 0");
  return *number;
}

std::uint64_t whole_text::operator()(const std::string& text) const {
  const std::optional<std::uint64_t> number = parse_count(text);
  if (!number || *number < minimum || *number > maximum)
    reject("must be a whole number, " + range_text(minimum, maximum));
  return *number;
}

double share_text::operator()(const std::string& text) const {
  const std::optional<double> value = parse_share(text);
  if (!value) reject(share_advice(text));
  return *value;
}

double probability_text::operator()(const std::string& text) const {
  const double value = share_text()(text);
  if (!(value > 0 && value < 1)) reject("must be between 0% and 100%");
  return value;
}

double duration_text::operator()(const std::string& text) const {
  const std::optional<std::uint64_t> ns = parse_duration_ns(text);
  if (!ns) reject(duration_advice(text, "s"));
  if (*ns == 0) reject("must be more than 0");
  return static_cast<double>(*ns) * 1e-9;
}

std::string word_text::operator()(const std::string& text) const {
  if (std::find(words.begin(), words.end(), text) == words.end())
    reject("unknown; " + suggestion(text, words));
  return text;
}

string_list split_list(const std::string& text) {
  std::istringstream in(text + ",");
  string_list parts;
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

}  // namespace crossover
