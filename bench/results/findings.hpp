#pragma once

#include <span>
#include <string_view>

namespace crossover {

/// What a finding does to the figures of its cell.
enum class finding_effect {
  invalidates,  ///< the figures are not those of the model
  widens,       ///< the figures hold, with more scatter or an unknown offset
  affects_all,  ///< hits all models of a contest alike: ratios hold, absolute figures do not
  explains,     ///< no doubt about the figures
};

/// Returns the effect in words, such as "affects all models alike".
std::string_view to_string(finding_effect effect);

/// A row in the finding table.
struct finding_type {
  std::string_view code;
  std::string_view meaning;
  std::string_view threshold;
  finding_effect effect;
  std::string_view remedy;
};

/// Returns every finding, in the order in which they are listed.
std::span<const finding_type> all_findings();

/// Returns the row of this code, or nullptr for one that this version does not know.
const finding_type* find_finding(std::string_view code);

}  // namespace crossover
