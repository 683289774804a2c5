#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace crossover {

/// Thresholds of one cell.
struct cell_thresholds {
  double tolerate = 0.01;
  double detect = 0.05;
  bool operator==(const cell_thresholds&) const = default;
};

/// Thresholds for the cells whose name matches a pattern.
struct threshold_rule {
  std::string pattern;  ///< as written: a glob, or a regular expression (RE2's, found anywhere in
                        ///< the name)
  std::shared_ptr<const re2::RE2> regex;  ///< set for a regular expression
  std::optional<double> tolerate;         ///< a share: 0.02 is 2 %; absent: as for other cells
  std::optional<double> detect;
};

/// A team's thresholds, per cell:
///
///     { "thresholds": [ { "cells": "network/*",   "tolerate": "2%", "detect": "10%" },
///                       { "regex": "^sleep/.*p99", "detect": 0.2 } ] }
///
/// A glob must match the whole name; `*` and `?` also match slashes. Of several matching rules, the
/// last one that sets a threshold applies, so exceptions follow the general rules.
struct thresholds {
  std::vector<threshold_rule> rules;
};

/// Parses thresholds. Throws `error` (unreadable): one line naming the rule, counted from 1, and
/// the remedy.
thresholds thresholds_from_json(const nlohmann::json& document, std::string_view where);
thresholds read_thresholds(const std::string& file);

bool matches(const threshold_rule& rule, const std::string& cell);

/// Returns the thresholds of the cell with this name. Throws `error` (invalid) if the rules leave
/// `tolerate` not below `detect`.
cell_thresholds thresholds_of(const thresholds& rules, const std::string& cell,
                              cell_thresholds fallback);

/// Returns the patterns that match none of these cells: probably misspelt, worth a note.
std::vector<std::string> unused_patterns(const thresholds& rules,
                                         const std::vector<std::string>& cells);

}  // namespace crossover
