#include "bench/measure/continued_cell.hpp"

#include <algorithm>

#include "bench/measure/findings.hpp"

namespace crossover {
namespace {

bool has_code(const std::vector<finding>& findings, std::string_view code) {
  return std::any_of(findings.begin(), findings.end(),
                     [code](const finding& f) { return f.code == code; });
}

}  // namespace

cell_result continued_cell(const planned_cell& cell, cell_result earlier) {
  cell_result result = result_of(cell);
  const std::vector<finding> pooled = findings_of(cell, earlier.samples);
  for (finding& f : earlier.findings)
    if (f.code != above_ceiling && !has_code(pooled, f.code)) add_finding(result, std::move(f));
  if (result.status == cell_status::ok && earlier.status == cell_status::failed &&
      !has_finding(earlier, above_ceiling)) {
    result.status = cell_status::failed;
    result.reason = std::move(earlier.reason);
  }
  result.samples = std::move(earlier.samples);
  return result;
}

}  // namespace crossover
