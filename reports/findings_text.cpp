#include "reports/findings_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "bench/results/findings.hpp"
#include "reports/escape.hpp"
#include "reports/units.hpp"

namespace crossover {

std::string findings_text(const results& value, const std::set<std::size_t>& shown) {
  std::map<std::string, std::size_t> counts;
  for (std::size_t i = 0; i < value.cells.size(); ++i) {
    std::set<std::string> codes;
    for (const finding& f : value.cells[i].findings) codes.insert(f.code);
    for (const std::string& code : codes) {
      const finding_type* const type = find_finding(code);
      const bool is_mentioned =
          type != nullptr && type->effect == finding_effect::invalidates && shown.contains(i);
      if (!is_mentioned && (type == nullptr || type->effect != finding_effect::explains))
        ++counts[code];
    }
  }
  std::vector<std::pair<std::string, std::size_t>> order(counts.begin(), counts.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> parts;
  for (const auto& [code, count] : order) {
    const finding_type* const type = find_finding(code);
    parts.push_back(fmt::format("{} in {}{}", clipped(code, 60), counted(count, "cell"),
                                type == nullptr ? "" : fmt::format(" ({})", type->meaning)));
    if (parts.size() == 6) break;
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace crossover
