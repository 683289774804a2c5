#include "tools/check/pair_benchmarks.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <random>
#include <sstream>

#include "bench/cell/child_process.hpp"
#include "bench/measure/benchmark_arm.hpp"
#include "bench/measure/name_filter.hpp"
#include "reports/check/judged_metric.hpp"
#include "reports/check/match_cells.hpp"
#include "reports/environment_differences.hpp"
#include "reports/escape.hpp"
#include "tools/check/measure_pair.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

constexpr const char* default_min_time = "0.02";

/// Returns the program's benchmarks that the filter keeps. The program's own filter may backtrack
/// forever.
results listed_by(const std::string& program, const name_filter& filter) {
  std::string text;
  try {
    text = child_process({program, "--benchmark_list_tests=true"})
               .read_to_end(child_process::duration(30));
  } catch (const interrupted&) {
    throw;
  } catch (const error& e) {
    throw error(
        error_kind::unreadable,
        fmt::format("{}: not a crossover or Google Benchmark program: {}", program, e.what()));
  }
  results listed;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("Failed to match any benchmarks")) continue;
    if (line.empty() || line.starts_with('-') || line != one_line(line))
      throw error(error_kind::unreadable,
                  fmt::format("{}: not a crossover or Google Benchmark program: "
                              "--benchmark_list_tests printed '{}'",
                              program, one_line(line, 60)));
    if (!filter.keeps(line)) continue;
    cell_result cell;
    cell.name = line;
    listed.cells.push_back(std::move(cell));
  }
  return listed;
}

class benchmark_pair {
 public:
  benchmark_pair(const std::string& old_program, const std::string& new_program,
                 const benchmark_pair_options& options, check_result& unmatched)
      : programs_{old_program, new_program},
        options_(options),
        judged_(judged_metric(options.metric)),
        unmatched_(unmatched) {
    random_.seed(options.seed);
    const name_filter filter(options.filter);
    const results old_list = listed_by(old_program, filter),
                  new_list = listed_by(new_program, filter);
    if (old_list.cells.empty() && new_list.cells.empty())
      throw error(error_kind::unreadable,
                  fmt::format("{} and {}: no benchmark listed{}", old_program, new_program,
                              options.filter.empty() ? "" : " that --benchmark_filter matches"));
    for (const cell_pair& pair : match_cells(old_list, new_list, unmatched))
      names.push_back(pair.candidate->name);
    std::string path = (std::filesystem::temp_directory_path() / "crossover-check.XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr)
      throw system_failure(error_kind::unwritable, path, errno);
    directory_ = path;
  }
  ~benchmark_pair() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  benchmark_pair(const benchmark_pair&) = delete;
  benchmark_pair& operator=(const benchmark_pair&) = delete;

  pair_block measure(std::size_t i) {
    measured_pair measured = measure_pair(
        side_of(i, 0), side_of(i, 1),
        {.warm_up_s = 0, .slice = slice_plan{}, .rounds = 1, .waits_for_sleep = false}, random_);
    note_environments(measured.record.arms);
    cell_result cell;
    cell.name = names[i];
    return judged_block(std::move(measured), cell, judged_);
  }

  std::vector<std::string> names;

 private:
  block_arm side_of(std::size_t i, int which) {
    return {{}, [this, i, which] {
              return benchmark_arm(
                  {.program = programs_[which],
                   .name = names[i],
                   .min_time = options_.min_time.empty() ? default_min_time : options_.min_time,
                   .timeout_s = options_.timeout_s,
                   .directory = directory_,
                   .layout = std::string(random_() % 4096, 'x')});
            }};
  }

  /// Compares what the two programs say of machine and build, once.
  void note_environments(const std::vector<arm_record>& arms) {
    if (environments_known_ || arms[0].environment.empty() || arms[1].environment.empty()) return;
    environments_known_ = true;
    results said[2];
    for (const int which : {0, 1}) {
      said[which].foreign = true;
      said[which].environment = arms[which].environment;
    }
    unmatched_.environment = environment_differences(said[0], said[1]);
  }

  std::string programs_[2];
  benchmark_pair_options options_;
  const metric& judged_;
  check_result& unmatched_;
  bool environments_known_ = false;
  std::filesystem::path directory_;
  std::mt19937_64 random_;
};

}  // namespace

paired_cells pair_benchmarks(const std::string& old_program, const std::string& new_program,
                             const benchmark_pair_options& options, check_result& unmatched) {
  const auto pair = std::make_shared<benchmark_pair>(old_program, new_program, options, unmatched);
  return {.names = pair->names,
          .prepare = [pair](std::size_t cell) { return pair->measure(cell); },
          .measure = [pair](std::size_t cell, std::uint64_t) { return pair->measure(cell); }};
}

}  // namespace crossover
