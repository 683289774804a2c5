#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace crossover {

/// A program to be checked against the cell protocol.
struct conformance_subject {
  std::vector<std::string> command;
  std::string model;    ///< sent in `prepare`
  int cpu = 0;          ///< that it has to use
  double grace_s = 20;  ///< extra time for each reply
};

/// A rule of PROTOCOL.md that a program can be checked against.
struct conformance_rule {
  std::string_view name;
  std::string_view remedy;
  /// Throws `error`: unsupported if the program may lack the feature and does, otherwise the rule
  /// is broken.
  void (*check)(const conformance_subject&);
};

enum class rule_outcome { kept, broken, unsupported };

struct rule_result {
  const conformance_rule* rule;
  rule_outcome outcome = rule_outcome::kept;
  std::string detail;  ///< why it is not kept
};

/// Returns all rules, in the order of PROTOCOL.md.
std::span<const conformance_rule> conformance_rules();

/// Checks a program against one rule, in fresh processes. Throws `interrupted`.
rule_result check_rule(const conformance_rule& rule, const conformance_subject& subject);

}  // namespace crossover
