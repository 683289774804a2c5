#pragma once

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "bench/results/results.hpp"
#include "workloads/parameters.hpp"

namespace crossover {

/// A cell with one sample per throughput, the first in block 0.
inline cell_result cell_for_test(const std::string& model, std::uint32_t cores,
                                 std::uint32_t in_flight, const std::vector<double>& throughputs,
                                 std::string workload = "network") {
  cell_result cell;
  cell.workload = std::move(workload);
  cell.parameters = {{"bytes", "64"}};
  const named_parameters label = parse_named_parameters(model);
  cell.model = label.name;
  cell.model_parameters = label.values;
  cell.cores = cores;
  cell.in_flight = in_flight;
  cell.name = cell.workload + "/" + model + "/cores:" + std::to_string(cores) +
              "/in_flight:" + std::to_string(in_flight);
  for (const double throughput : throughputs) {
    sample s;
    s.wall_s = 1;
    s.operations = static_cast<std::uint64_t>(throughput);
    s.cpu_user_s = 0.25;
    s.cpu_system_s = 0.25;
    s.block = cell.samples.size();
    cell.samples.push_back(s);
  }
  return cell;
}

/// Throughputs of `blocks` blocks that scatter evenly around a mean.
inline std::vector<double> around(double mean, std::size_t blocks, double scatter, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<double> values;
  for (std::size_t i = 0; i < blocks; ++i)
    values.push_back(mean * (1 + scatter * (static_cast<double>(random() % 2001) / 1000 - 1)));
  return values;
}

inline results results_for_test(std::vector<cell_result> cells) {
  results value;
  value.date = "2026-01-15T10:00:00Z";
  value.cells = std::move(cells);
  return value;
}

/// Contests with the verdicts `best` (network), `capped` (sleep) and `single`, with a failed model
/// (download).
inline results three_contests_for_test() {
  const auto cell = [](const char* model, double throughput, unsigned seed, const char* workload) {
    return cell_for_test(model, 1, 64, around(throughput, 8, 0.002, seed), workload);
  };
  results value = results_for_test(
      {cell("event_loop", 100'000, 1, "network"), cell("thread_pool", 50'000, 2, "network"),
       cell("reference", 110'000, 3, "network"), cell("event_loop", 6'400, 1, "sleep"),
       cell("thread_pool", 6'390, 2, "sleep"), cell("processes", 1'000, 1, "download")});
  for (const std::size_t i : {3u, 4u}) value.cells[i].ceiling = 6'400;
  for (sample& s : value.cells[3].samples) s.cpu_user_s = 0.01;
  for (cell_result& c : value.cells)
    for (sample& s : c.samples) s.peak_rss_bytes = 7'000'000;
  value.cells.push_back(cell("fibers", 1'000, 1, "download"));
  value.cells.back().status = cell_status::failed;
  value.cells.back().reason = "ECONNREFUSED";
  return value;
}

/// Texts that break out of HTML, CSV or Markdown if they are not escaped.
inline const std::vector<std::string>& hostile_texts() {
  static const std::vector<std::string> texts = {"</script><script>window.hacked=1</script>",
                                                 "\"><img src=x onerror=alert(1)>",
                                                 "a\nb\r\tc",
                                                 "\u202Eabc",
                                                 std::string(4000, 'x'),
                                                 "{{data}}",
                                                 "<!--<script>",
                                                 "\u2028",
                                                 "",
                                                 "__proto__",
                                                 "'=1+1"};
  return texts;
}

/// Results whose names, parameters and reasons are the hostile texts: one measured and one failed
/// cell per text.
inline results hostile_results_for_test() {
  std::vector<cell_result> cells;
  for (const std::string& text : hostile_texts()) {
    cell_result cell = cell_for_test(text, 1, 1, {100, 101}, text);
    cell.parameters = {{text, text}};
    cell.findings.push_back({text, text});
    cells.push_back(cell);
    cell.status = cell_status::failed;
    cell.reason = text;
    cell.name += "!";
    cells.push_back(cell);
  }
  results value = results_for_test(cells);
  value.suite = hostile_texts()[0];
  value.environment = {{"host", hostile_texts()[0]}, {hostile_texts()[1], hostile_texts()[4]}};
  value.command = hostile_texts();
  return value;
}

}  // namespace crossover
