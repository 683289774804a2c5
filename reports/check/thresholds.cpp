#include "reports/check/thresholds.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "reports/check/comparison.hpp"
#include "reports/escape.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

using nlohmann::json;

[[noreturn]] void unreadable(std::string_view where, const std::string& why) {
  throw error(error_kind::unreadable, fmt::format("{}: {}", where, why));
}

std::optional<double> share_at(const json& rule, const char* key, const std::string& place) {
  const auto member = rule.find(key);
  if (member == rule.end()) return std::nullopt;
  std::optional<double> share;
  if (member->is_string()) share = share_from_text(member->get<std::string>());
  if (member->is_number()) share = member->get<double>();
  if (!share || !(*share >= 0) || !std::isfinite(*share))
    unreadable(place, fmt::format("'{}' is not a share; write \"5%\" or 0.05", key));
  return share;
}

threshold_rule rule_from_json(const json& document, const std::string& place) {
  if (!document.is_object())
    unreadable(place, "not an object; write {\"cells\": \"network/*\", \"detect\": \"10%\"}");
  for (const auto& [key, unused] : document.items())
    if (key != "cells" && key != "regex" && key != "tolerate" && key != "detect")
      unreadable(place, fmt::format("'{}' is unknown; a rule has cells or regex, tolerate, detect",
                                    one_line(key, 40)));
  if (document.contains("cells") == document.contains("regex"))
    unreadable(place, "give either 'cells' (a glob) or 'regex'");
  const bool is_regex = document.contains("regex");
  const json& pattern = document[is_regex ? "regex" : "cells"];
  if (!pattern.is_string()) unreadable(place, "the pattern is not a string");
  threshold_rule rule;
  rule.pattern = pattern.get<std::string>();
  if (is_regex) try {
      rule.regex.emplace(rule.pattern);
    } catch (const boost::regex_error& trouble) {
      unreadable(place, fmt::format("'{}' is not a regular expression: {}",
                                    one_line(rule.pattern, 80), trouble.what()));
    }
  rule.tolerate = share_at(document, "tolerate", place);
  rule.detect = share_at(document, "detect", place);
  if (!rule.tolerate && !rule.detect)
    unreadable(place, "no threshold; add \"tolerate\" or \"detect\"");
  return rule;
}

}  // namespace

std::optional<double> share_from_text(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size() || !std::isfinite(value) ||
      value < 0)
    return std::nullopt;
  return percent ? value / 100 : value;
}

thresholds thresholds_from_json(const json& document, std::string_view where) {
  if (!document.is_object() || !document.contains("thresholds") ||
      !document["thresholds"].is_array())
    unreadable(where,
               "no array 'thresholds'; write {\"thresholds\": [{\"cells\": \"network/*\", "
               "\"detect\": \"10%\"}]}");
  thresholds read;
  for (const json& rule : document["thresholds"])
    read.rules.push_back(
        rule_from_json(rule, fmt::format("{}: rule {}", where, read.rules.size() + 1)));
  return read;
}

thresholds read_thresholds(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf()))
    throw system_failure(error_kind::unreadable, file.string(), errno != 0 ? errno : EIO);
  const json document = json::parse(text.str(), nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded())
    unreadable(file.string(), "not JSON; see the thresholds example of `crossover check --help`");
  return thresholds_from_json(document, file.string());
}

bool matches(const threshold_rule& rule, const std::string& cell) {
  if (rule.regex) try {
      return boost::regex_search(cell, *rule.regex);
    } catch (const std::runtime_error&) {  // Boost gives up where the time would explode
      throw error(error_kind::invalid,
                  fmt::format("thresholds: '{}' takes too long to match a name; simplify it",
                              one_line(rule.pattern, 80)));
    }
  return ::fnmatch(rule.pattern.c_str(), cell.c_str(), 0) == 0;
}

cell_thresholds thresholds_of(const thresholds& rules, const std::string& cell,
                              cell_thresholds fallback) {
  for (const threshold_rule& rule : rules.rules) {
    if (!matches(rule, cell)) continue;
    fallback.tolerate = rule.tolerate.value_or(fallback.tolerate);
    fallback.detect = rule.detect.value_or(fallback.detect);
  }
  if (!(fallback.tolerate < fallback.detect))
    throw error(error_kind::invalid,
                fmt::format("{}: tolerate {} must be below detect {}; set both in one rule",
                            one_line(cell, 80), as_percent(fallback.tolerate),
                            as_percent(fallback.detect)));
  return fallback;
}

std::vector<std::string> unused_patterns(const thresholds& rules,
                                         const std::vector<std::string>& cells) {
  std::vector<std::string> idle;
  for (const threshold_rule& rule : rules.rules)
    if (std::none_of(cells.begin(), cells.end(),
                     [&](const std::string& cell) { return matches(rule, cell); }))
      idle.push_back(rule.pattern);
  return idle;
}

}  // namespace crossover
