#include "bench/measure/continued_run.hpp"

#include <algorithm>
#include <map>

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

earlier_blocks continue_contests(std::deque<planned_contest>& contests, const results& all) {
  earlier_blocks earlier;
  std::vector<int> parts(all.cells.size());  // by cell: `reference` may be in several
  for (const planned_contest& c : contests)
    for (const std::size_t i : c.cells) ++parts[i];
  std::map<std::optional<std::uint32_t>, double> seconds;  // by host: they measured at once
  for (std::size_t number = 0; number < contests.size(); ++number) {
    planned_contest& c = contests[number];
    std::map<std::uint64_t, const sample*> blocks;
    for (const std::size_t i : c.cells)
      for (const sample& s : all.cells[i].samples) {
        earlier.next_block = std::max(earlier.next_block, s.block.value_or(0) + 1);
        earlier.next_sequence = std::max(earlier.next_sequence, s.sequence.value_or(0) + 1);
        if (parts[i] == 1) blocks[s.block.value_or(0)] = &s;
      }
    c.begun = c.blocks = blocks.size();
    for (const auto& [block, s] : blocks) {
      const double block_s = s->block_s.value_or(0);
      c.measured_s += block_s;
      seconds[s->host] += block_s;
      earlier.turns.push_back({number, s->host, s->pass.value_or(0)});
    }
  }
  for (const auto& [host, of_host] : seconds) earlier.seconds = std::max(earlier.seconds, of_host);
  return earlier;
}

}  // namespace crossover
