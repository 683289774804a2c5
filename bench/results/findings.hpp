#pragma once

#include <span>
#include <string_view>

namespace crossover {

/// Effect of a finding on the figures of its cell.
enum class finding_effect {
  invalidates,  ///< the figures are not those of the model
  widens,       ///< the figures hold, with more scatter or an unknown offset
  affects_all,  ///< affects all models of a contest equally: only ratios hold
  explains,     ///< no doubt about the figures
};

/// Returns the text of an effect, such as "no doubt about the figures".
std::string_view to_string(finding_effect effect);

/// A row in the finding table.
struct finding_type {
  std::string_view code;
  std::string_view meaning;
  std::string_view threshold;
  finding_effect effect;
  std::string_view remedy;
};

/// Returns every finding in the order of the listing.
std::span<const finding_type> all_findings();

/// Returns the row of this code, or nullptr if the code is unknown.
const finding_type* find_finding(std::string_view code);

}  // namespace crossover
