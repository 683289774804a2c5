// Measures the error rates of `crossover check`: records suites of a build against itself, some
// with one cell slowed down on purpose, and writes a page from them.
#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <chrono>
#include <fstream>
#include <iterator>
#include <optional>

#include "bench/measure/environment.hpp"
#include "bench/measure/name_filter.hpp"
#include "bench/measure/progress.hpp"
#include "reports/check/calibration.hpp"
#include "reports/check/run_gate.hpp"
#include "reports/units.hpp"
#include "tools/check/measure_layout.hpp"
#include "tools/check/pair_benchmarks.hpp"
#include "tools/check/pair_builds.hpp"
#include "tools/check/run_sequentially.hpp"
#include "tools/command_line.hpp"
#include "tools/progress.hpp"
#include "tools/standard_streams.hpp"
#include "workloads/base/atomic_file.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

using steady = std::chrono::steady_clock;

/// Number of consecutive failed suites that ends the run: something is wrong with the programs.
constexpr int max_failures = 3;

struct calibrate_request {
  string_list programs;
  std::string data = "calibration", out = "-", command = "tools/calibrate";
  double minutes = 60, slowdown = 5;
  unsigned slowdown_every = 3, resamples = 10'000;
  std::string slowdown_in = "^(hashing|network)/";
  string_list selection;  ///< flags of `list`; empty: the suite `check`
  double budget_s = 300;
  bool are_benchmarks = false;  ///< of `calibration_benchmarks` or `calibration_real_time`
};

double seconds_since(steady::time_point began) {
  return std::chrono::duration<double>(steady::now() - began).count();
}

/// Digest of the two programs' contents.
std::string digest_of(const string_list& programs) {
  std::string digests;
  for (const std::string& program : programs) {
    std::string bytes;
    for (const std::string& link : links_of_side(program)) {
      std::ifstream in(link, std::ios::binary);
      bytes.append(std::istreambuf_iterator<char>(in), {});
    }
    if (bytes.empty())
      throw error(error_kind::unreadable,
                  fmt::format("{}: cannot be read; expected two builds of crossover", program));
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
    for (unsigned i = 0; i < 6; ++i) digests += fmt::format("{:02x}", digest[i]);
  }
  return digests;
}

std::string machine_text() {
  const auto environment = read_environment(read_machine());
  const auto get = [&](const char* key) {
    const auto result = environment.find(key);
    return result == environment.end() ? std::string("unknown") : result->second;
  };
  return fmt::format("{}, {}{}, {}", get("cpu_model"), counted(std::stoul(get("cpus")), "CPU"),
                     get("hypervisor") == "yes" ? " of a virtual machine" : "", get("kernel"));
}

/// Records every block that is measured through it.
class block_recorder {
 public:
  explicit block_recorder(paired_cells cells)
      : cells_(std::move(cells)), blocks_(cells_.names.size()), block_s_(cells_.names.size()) {}

  /// Returns the cells whose blocks are recorded; this object must outlive them.
  paired_cells recorded_cells() {
    paired_cells all = cells_;
    all.prepare = [this](std::size_t cell) {
      pair_block first = cells_.prepare(cell);
      block_s_[cell] = first.seconds;
      return first;
    };
    all.measure = [this](std::size_t cell, std::uint64_t round) {
      pair_block measured = cells_.measure(cell, round);
      if (!measured.slices.empty())
        blocks_[cell].push_back(recorded(measured.slices, measured.record.failed_operations));
      return measured;
    };
    return all;
  }

  /// Returns the recorded blocks of each compared cell; the screen's blocks came first.
  std::vector<recorded_cell> recordings(const check_result& result) const {
    std::vector<recorded_cell> all;
    for (std::size_t i = 0; i < cells_.names.size(); ++i)
      for (const cell_comparison& cell : result.cells) {
        if (cell.name != cells_.names[i]) continue;
        const auto middle = blocks_[i].begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(
                                                     cell.screen_blocks, blocks_[i].size()));
        all.push_back({cell.name,
                       cell.outcome,
                       cell.improvement,
                       cell.adjusted_p,
                       block_s_[i],
                       {blocks_[i].begin(), middle},
                       {middle, blocks_[i].end()}});
      }
    return all;
  }

 private:
  paired_cells cells_;
  std::vector<std::vector<recorded_block>> blocks_;
  std::vector<double> block_s_;
};

/// Pairs the cells of the two programs; the new one is slower in `slower_cell` if that is not "".
paired_cells pair_programs(const calibrate_request& request, const side_links& programs,
                           std::uint64_t seed, const std::string& slower_cell,
                           check_result& unmatched) {
  if (request.are_benchmarks) {
    benchmark_pair_options options;
    options.seed = seed;
    options.slower = slower_cell;
    return pair_benchmarks(programs, options, unmatched);
  }
  build_pair_options options;
  options.selection =
      request.selection.empty() ? string_list{"--suite", "check"} : request.selection;
  options.seed = seed;
  if (!slower_cell.empty()) {
    options.slower = request.slowdown;
    options.slower_in = exact_filter({&slower_cell, 1});
  }
  return pair_builds(programs, options, unmatched);
}

/// Returns the cell to slow down in the suite with this number, in rotation; "" for a suite of
/// identical builds.
std::string slowed_cell(const calibrate_request& request, const std::vector<std::string>& names,
                        std::size_t number) {
  if (request.slowdown_every == 0 || number % request.slowdown_every != request.slowdown_every - 1)
    return {};
  std::vector<std::string> candidates;
  const name_filter filter(request.slowdown_in, "--slowdown-in");
  for (const std::string& name : names)
    if (filter.keeps(name)) candidates.push_back(name);
  return candidates.empty() ? std::string()
                            : candidates[number / request.slowdown_every % candidates.size()];
}

/// Measures one suite; `number` counts from 0.
recorded_suite measure_suite(const calibrate_request& request, const std::string& program,
                             const std::string& machine, std::size_t number, progress_line& line) {
  recorded_suite suite;
  suite.date = utc_timestamp();
  suite.machine = machine;
  suite.program = program;
  suite.seed = 1'000 + number;
  gate_options gate;
  gate.budget_s = request.budget_s;
  gate.flips.seed = suite.seed;
  const side_links programs = pair_links(
      {links_of_side(request.programs[0]), links_of_side(request.programs[1])}, suite.seed);
  suite.links = static_cast<unsigned>(programs[0].size());
  check_result before;
  suite.slower_cell =
      slowed_cell(request, pair_programs(request, programs, suite.seed, "", before).names, number);
  if (!suite.slower_cell.empty()) suite.slower = request.slowdown;
  block_recorder recorder(pair_programs(request, programs, suite.seed, suite.slower_cell, before));
  gate_observer observer;
  observer.progress = [&line](const gate_progress& now) {
    line.show({now.done, now.total, now.left_s, now.cell});
  };
  const check_result result = run_gate(recorder.recorded_cells(), gate, {}, observer);
  suite.wall_s = result.plan.wall_s.value_or(0);
  suite.cells = recorder.recordings(result);
  for (const auto* cells : {&result.newly_failing, &result.failing, &result.added})
    for (const unmatched_cell& cell : *cells)
      suite.failures.push_back(cell.name + ": " + cell.reason);
  for (const control_comparison& control : result.controls)
    if (!control.problem.empty()) {
      line.clear();
      fmt::print(stderr, "control: {}\n", control_text(control));
    }
  if (suite.cells.empty())
    throw error(error_kind::failed,
                suite.failures.empty() ? "no cell could be measured" : suite.failures.front());
  return suite;
}

/// Records suites until the time is over. Does not begin a suite that would probably end later.
void record_suites(const calibrate_request& request) {
  const std::string program = digest_of(request.programs), machine = machine_text();
  std::size_t number = read_recordings(request.data).size();
  const auto began = steady::now();
  double longest_s = 0;
  int failures = 0;
  progress_line line;
  while (seconds_since(began) + longest_s < 60 * request.minutes) {
    try {
      const auto start = steady::now();
      const recorded_suite suite = measure_suite(request, program, machine, number, line);
      append_recording(request.data, suite);
      longest_s = std::max(longest_s, seconds_since(start));
      ++number;
      failures = 0;
      unsigned alarms = 0, unsure = 0;
      for (const recorded_cell& cell : suite.cells) {
        alarms += cell.outcome == verdict::regression;
        unsure += cell.outcome == verdict::inconclusive;
      }
      line.clear();
      fmt::print(stderr, "suite {} ({}): {} regressions, {} inconclusive, {:.1f} s; {} left\n",
                 number, suite.slower_cell.empty() ? "identical" : suite.slower_cell + " slower",
                 alarms, unsure, suite.wall_s,
                 time_text(std::max(0.0, 60 * request.minutes - seconds_since(began))));
    } catch (const interrupted&) {
      throw;
    } catch (const error& e) {
      line.clear();
      if (e.kind() == error_kind::unwritable || e.kind() == error_kind::invalid ||
          ++failures >= max_failures)
        throw;
      fmt::print(stderr, "suite failed: {}\n", e.what());
    }
  }
}

int calibrate_command(const string_list& arguments) {
  if (!arguments.empty() && arguments.front() == "layout")
    return layout_command({arguments.begin() + 1, arguments.end()});
  if (!arguments.empty() && arguments.front() == "sequential")
    return sequential_command({arguments.begin() + 1, arguments.end()});
  CLI::App app(
      "Measure the error rates of `crossover check` on suites of identical builds, some with one "
      "cell slowed down on purpose.\n"
      "It can be interrupted at any time: completed suites are kept and the next run continues.\n"
      "Example:  tools/calibrate --minutes 60",
      "calibrate");
  calibrate_request request;
  selection selected;
  double slowdown = request.slowdown / 100;
  app.add_option("PROGRAMS", request.programs,
                 "OLD NEW: two copies of one build of crossover, or\n"
                 "directories of links of it")
      ->expected(0, 2);
  add_value(app, "--minutes", "N", request.minutes, decimal_text(),
            "minutes to measure (default 60); 0: only write the page");
  add_value(app, "--data", "DIR", request.data, plain_text(),
            "recorded suites, one JSON line each (default calibration)");
  add_value(app, "--out", "FILE", request.out, plain_text(),
            "Markdown page (default: standard output)");
  add_value(app, "--slowdown", "5%", slowdown, share_text(),
            "work added to the slowed cell (default 5%)");
  add_value(app, "--slowdown-every", "N", request.slowdown_every, whole_text(),
            "slow down a cell in every N-th suite (default 3; 0: never)");
  add_value(app, "--slowdown-in", "REGEX", request.slowdown_in, plain_text(),
            "cells that may be slowed down (default hashing and network)");
  add_value(app, "--resamples", "N", request.resamples, whole_text(),
            "resampled suites per scenario (default 10000)");
  app.add_flag("--benchmarks", request.are_benchmarks,
               "PROGRAMS are two copies of calibration_benchmarks or calibration_real_time");
  selected.add_to(app);
  app.add_option("--shown-command", request.command, "command shown on the page")->group("");
  if (!parse(app, arguments)) return exit_code::ok;
  request.selection = selected.flags("check");
  request.slowdown = 100 * slowdown;
  if (request.are_benchmarks) {
    if (!selected.flags("calibrate").empty())
      throw error(error_kind::invalid, "--benchmarks: cells of crossover cannot be selected");
    if (app.count("--slowdown") > 0)
      throw error(error_kind::invalid, "--benchmarks: the slowdown is always 5 %");
    // The others have too few iterations in a repetition for every 20th.
    if (app.count("--slowdown-in") == 0) request.slowdown_in = "/[0-9]{1,4}(/real_time)?$";
  }
  if (request.minutes > 0 && request.programs.size() != 2)
    throw error(error_kind::invalid, "expected OLD and NEW, two copies of one build");
  check_writable(request.out);

  catch_interrupts();
  int code = exit_code::ok;
  try {
    if (request.minutes > 0) record_suites(request);
  } catch (const interrupted&) {
    code = exit_code::interrupted;
  }
  const std::vector<recorded_suite> suites = read_recordings(request.data);
  if (suites.empty() && code == exit_code::interrupted) return code;
  if (request.resamples > 0 && !suites.empty())
    fmt::print(stderr, "resampling {} suites, {} times per scenario\n", suites.size(),
               request.resamples);
  bootstrap_options options;
  options.suites = request.resamples;
  write_atomically(request.out, calibration_page(calibrate(suites, options), request.command));
  return code;
}

}  // namespace
}  // namespace crossover

int main(int count, char** values) {
  using namespace crossover;
  prepare_standard_streams();
  try {
    return with_standard_output([&] { return calibrate_command({values + 1, values + count}); });
  } catch (const interrupted&) {
    return exit_code::interrupted;
  } catch (const error& e) {
    fmt::print(stderr, "calibrate: {}\n", e.what());
    return e.kind() == error_kind::invalid      ? exit_code::usage
           : e.kind() == error_kind::unwritable ? exit_code::unwritable
                                                : exit_code::unreadable;
  } catch (const std::exception& e) {
    fmt::print(stderr, "calibrate: internal error: {}\n", e.what());
    return exit_code::bug;
  }
}
