#include "workloads/parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "workloads/base/error.hpp"
#include "workloads/base/nearest.hpp"
#include "workloads/base/quantities.hpp"

namespace crossover {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t from = 0;;) {
    const std::size_t to = text.find(separator, from);
    parts.emplace_back(text.substr(from, to == std::string_view::npos ? to : to - from));
    if (to == std::string_view::npos) return parts;
    from = to + 1;
  }
}

std::string canonical(parameter_kind kind, std::uint64_t number) {
  switch (kind) {
    case parameter_kind::size:
      return format_size(number);
    case parameter_kind::duration:
      return format_duration(number);
    default:
      return fmt::format("{}", number);
  }
}

/// Returns the value of an entry. Throws `error` (invalid) if there is none.
template <typename Values>
const typename Values::mapped_type& value_in(const Values& values, const std::string& owner,
                                             std::string_view name, const char* kind) {
  const auto entry = values.find(name);
  if (entry == values.end())
    throw error(error_kind::invalid,
                fmt::format("{} reads a {} '{}' that it does not have", owner, kind, name));
  return entry->second;
}

}  // namespace

std::uint64_t parameter_values::number(std::string_view name) const {
  return value_in(numbers_, owner_, name, "number");
}

const std::string& parameter_values::text(std::string_view name) const {
  return value_in(texts_, owner_, name, "parameter");
}

parameter_values::parameter_values(std::string_view owner, std::span<const parameter> known,
                                   const std::map<std::string, std::string>& arguments)
    : owner_(owner) {
  std::vector<std::string> names;
  for (const parameter& p : known) names.emplace_back(p.name);
  for (const auto& [name, text] : arguments) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    throw error(error_kind::invalid,
                names.empty() ? fmt::format("{} has no parameters; remove '{}'", owner, name)
                              : fmt::format("{} has no parameter '{}': {}", owner, name,
                                            suggestion(name, names)));
  }
  for (const parameter& p : known) {
    const auto entry = arguments.find(std::string(p.name));
    const std::string value =
        entry == arguments.end() ? std::string(p.default_value) : entry->second;
    const auto reject = [&](const std::string& why) {
      throw error(error_kind::invalid, fmt::format("{}: {}={} {}", owner, p.name, value, why));
    };
    if (p.kind == parameter_kind::choice) {
      const auto choices = split(p.choices, '|');
      if (std::find(choices.begin(), choices.end(), value) == choices.end())
        reject(fmt::format("is unknown: {}", suggestion(value, choices)));
      texts_[std::string(p.name)] = value;
    } else if (p.kind == parameter_kind::text) {
      texts_[std::string(p.name)] = value;
    } else {
      const auto number = p.kind == parameter_kind::size       ? parse_size(value)
                          : p.kind == parameter_kind::duration ? parse_duration_ns(value)
                                                               : parse_count(value);
      if (!number)
        reject("is " + (p.kind == parameter_kind::size       ? size_advice(value)
                        : p.kind == parameter_kind::duration ? duration_advice(value)
                                                             : "not a whole number"));
      if (*number < p.minimum || *number > p.maximum)
        reject(fmt::format("is outside the allowed range {} to {}", canonical(p.kind, p.minimum),
                           canonical(p.kind, p.maximum)));
      numbers_[std::string(p.name)] = *number;
      texts_[std::string(p.name)] = canonical(p.kind, *number);
    }
  }
}

std::vector<std::string> split_names(std::string_view text) {
  std::vector<std::string> names;
  for (const std::string& part : split(text, ',')) {
    const bool is_parameter = part.find('=') < part.find(':');
    if (!is_parameter || names.empty()) {
      names.push_back(part);
      continue;
    }
    if (names.back().find(':') == std::string::npos)
      throw error(error_kind::invalid, fmt::format("'{}': parameters follow a colon; write {}:{}",
                                                   part, names.back(), part));
    names.back() += "," + part;
  }
  return names;
}

named_parameters parse_named_parameters(std::string_view text) {
  const std::size_t colon = text.find(':');
  named_parameters parsed{std::string(text.substr(0, colon)), {}};
  if (colon == std::string_view::npos) return parsed;
  for (const std::string& part : split(text.substr(colon + 1), ',')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos || equals == 0)
      throw error(error_kind::invalid,
                  fmt::format("'{}' in '{}' is not a parameter; expected NAME:key=value,key=value",
                              part, text));
    parsed.values[part.substr(0, equals)] = part.substr(equals + 1);
  }
  return parsed;
}

}  // namespace crossover
