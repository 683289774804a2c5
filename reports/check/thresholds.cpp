#include "reports/check/thresholds.hpp"

#include <fmt/format.h>
#include <fnmatch.h>
#include <re2/re2.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench/results/json_text.hpp"
#include "reports/check/comparison.hpp"
#include "reports/escape.hpp"
#include "workloads/base/atomic_file.hpp"
#include "workloads/base/error.hpp"
#include "workloads/base/quantities.hpp"

namespace crossover {
namespace {

using nlohmann::json;

constexpr std::size_t max_file_bytes = 1 << 20, max_rules = 1000, max_pattern_bytes = 1000;

[[noreturn]] void unreadable(std::string_view where, const std::string& why) {
  throw error(error_kind::unreadable, fmt::format("{}: {}", where, why));
}

std::optional<double> share_at(const json& rule, const char* key, const std::string& place) {
  const auto member = rule.find(key);
  if (member == rule.end()) return std::nullopt;
  const std::string text = member->is_string() ? member->get<std::string>() : member->dump();
  const std::optional<double> share = parse_share(text);
  if (!share)
    unreadable(place, fmt::format("'{}' {}: {}", key, one_line(text, 40), share_advice(text)));
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
  if (rule.pattern.size() > max_pattern_bytes)
    unreadable(place, fmt::format("the pattern is longer than {} bytes", max_pattern_bytes));
  if (is_regex) rule.regex = std::make_shared<const RE2>(rule.pattern, RE2::Quiet);
  if (rule.regex && !rule.regex->ok())
    unreadable(place, fmt::format("'{}' is not a regular expression: {}",
                                  one_line(rule.pattern, 80), one_line(rule.regex->error(), 80)));
  rule.tolerate = share_at(document, "tolerate", place);
  rule.detect = share_at(document, "detect", place);
  if (!rule.tolerate && !rule.detect)
    unreadable(place, "no threshold; add \"tolerate\" or \"detect\"");
  return rule;
}

}  // namespace

thresholds thresholds_from_json(const json& document, std::string_view where) {
  if (!document.is_object() || !document.contains("thresholds") ||
      !document["thresholds"].is_array())
    unreadable(where,
               "no array 'thresholds'; write {\"thresholds\": [{\"cells\": \"network/*\", "
               "\"detect\": \"10%\"}]}");
  if (document["thresholds"].size() > max_rules)
    unreadable(where, fmt::format("more than {} rules; let one pattern match more", max_rules));
  thresholds read;
  for (const json& rule : document["thresholds"])
    read.rules.push_back(
        rule_from_json(rule, fmt::format("{}: rule {}", where, read.rules.size() + 1)));
  return read;
}

thresholds read_thresholds(const std::string& file) {
  const std::string name = shown_name(file, "standard input");
  std::string text;
  read_pieces(file, [&](std::string_view piece) {
    text += piece;
    if (text.size() > max_file_bytes) unreadable(name, "longer than 1 MiB");
  });
  const json document = parse_json(text);
  if (document.is_discarded())
    unreadable(name, fmt::format("not JSON, or nested deeper than {} levels: see the example in "
                                 "docs/ci.md",
                                 deepest_json));
  return thresholds_from_json(document, name);
}

bool matches(const threshold_rule& rule, const std::string& cell) {
  if (rule.regex) return RE2::PartialMatch(cell, *rule.regex);
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
