#include "tools/check/list_benchmarks.hpp"

#include <fmt/format.h>

#include <sstream>

#include "bench/cell/child_process.hpp"
#include "reports/escape.hpp"

namespace crossover {
namespace {

/// Starts a program that lists its benchmarks.
child_process lister(const std::string& program) {
  return child_process({program, "--benchmark_list_tests=true"});
}

/// Returns the listed benchmarks that the filter keeps. The program's own filter may backtrack
/// forever.
results listed_by(const std::string& program, child_process& listing, const name_filter& filter,
                  double timeout_s) {
  const auto refuse = [&](const std::string& reason) {
    throw error(
        error_kind::unreadable,
        fmt::format("{}: not a crossover or Google Benchmark program: {}", program, reason));
  };
  std::string text;
  try {
    text = listing.read_to_end(child_process::duration(timeout_s));
  } catch (const error& e) {
    refuse(e.what());
  }
  results listed;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("Failed to match any benchmarks")) continue;
    if (line.empty() || line.starts_with('-') || !is_visible_line(line))
      refuse(fmt::format("--benchmark_list_tests printed '{}'", one_line(line, 60)));
    if (!filter.keeps(line)) continue;
    cell_result cell;
    cell.name = line;
    listed.cells.push_back(std::move(cell));
  }
  return listed;
}

}  // namespace

std::array<results, 2> list_benchmarks(const side_links& programs, const name_filter& filter,
                                       double timeout_s) {
  std::array<results, 2> first;
  for (std::size_t k = 0; k < programs[0].size(); ++k) {
    const std::string pair[] = {programs[0][k], programs[1][k]};
    child_process listings[] = {lister(pair[0]), lister(pair[1])};
    for (const int which : {0, 1}) {
      results listed = listed_by(pair[which], listings[which], filter, timeout_s);
      if (k == 0)
        first[which] = std::move(listed);
      else
        require_one_build(programs[which].front(), first[which], pair[which], listed);
    }
  }
  return first;
}

}  // namespace crossover
