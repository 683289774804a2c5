// Measures how often `crossover check` is wrong: suites of a build against itself, and with one
// cell slowed down on purpose, are banked block by block; the page is made of the bank.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iterator>
#include <optional>

#include "bench/measure/environment.hpp"
#include "bench/measure/runner.hpp"
#include "reports/check/calibration.hpp"
#include "tools/check/crossover_pair.hpp"
#include "tools/check/run_gate.hpp"
#include "tools/command_line.hpp"
#include "tools/progress.hpp"
#include "workloads/base/atomic_file.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

using steady = std::chrono::steady_clock;

/// So many suites in a row that could not be measured at all end the run: something is wrong with
/// the programs.
constexpr int most_failures = 3;

struct calibrate_request {
  string_list programs;
  std::string bank = "calibration", page, command = "tools/calibrate";
  double minutes = 60, slower = 5;
  unsigned slower_every = 3, replays = 10'000;
  std::string slower_in = "^(hashing|network)/";
  string_list selection;  ///< flags of `list`; empty: the suite `check`
  double budget_s = 300;
};

double seconds_since(steady::time_point began) {
  return std::chrono::duration<double>(steady::now() - began).count();
}

std::string now_in_utc() {
  return fmt::format(
      "{:%Y-%m-%dT%H:%M:%S}+00:00",
      fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

/// What the two programs are, whatever their files are called.
std::string digest_of(const string_list& programs) {
  std::string digests;
  for (const std::string& program : programs) {
    std::ifstream in(program, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    if (bytes.empty())
      throw error(error_kind::unreadable,
                  fmt::format("{}: cannot be read; give two builds of crossover", program));
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
    for (unsigned i = 0; i < 6; ++i) digests += fmt::format("{:02x}", digest[i]);
  }
  return digests;
}

std::string machine_in_words() {
  const auto environment = read_environment(read_machine());
  const auto get = [&](const char* key) {
    const auto found = environment.find(key);
    return found == environment.end() ? std::string("unknown") : found->second;
  };
  return fmt::format("{}, {} CPUs{}, {}", get("cpu_model"), get("cpus"),
                     get("hypervisor") == "yes" ? " of a virtual machine" : "", get("kernel"));
}

/// Writes down every block that goes through it.
class recording_source : public block_source {
 public:
  explicit recording_source(crossover_pair& pair)
      : pair_(pair), blocks_(pair.cells().size()), block_s_(pair.cells().size()) {}

  std::vector<std::string> cells() const override { return pair_.cells(); }
  double prepare(std::size_t cell) override { return block_s_[cell] = pair_.prepare(cell); }
  double measure(std::size_t cell) override {
    banked_block one;
    one.log_ratio = pair_.measure(cell);
    const std::vector<slice>& slices = pair_.last_slices();
    for (std::size_t i = 0; i + 3 < slices.size(); i += 4) {
      double old_log = 0, new_log = 0;
      for (std::size_t k = i; k < i + 4; ++k)
        (slices[k].which == arm::new_arm ? new_log : old_log) += std::log(slices[k].figure) / 2;
      one.old_figures.push_back(std::exp(old_log));
      one.new_figures.push_back(std::exp(new_log));
    }
    const double log_ratio = one.log_ratio;
    blocks_[cell].push_back(std::move(one));
    return log_ratio;
  }
  std::string last_order() const override { return pair_.last_order(); }
  std::string trouble(std::size_t cell, side which) override { return pair_.trouble(cell, which); }

  /// What was measured of each cell that came through the gate; the screen's blocks came first.
  std::vector<banked_cell> banked(const check_result& found) const {
    std::vector<banked_cell> all;
    const std::vector<std::string> names = cells();
    for (std::size_t i = 0; i < names.size(); ++i)
      for (const cell_comparison& cell : found.cells) {
        if (cell.name != names[i]) continue;
        const auto middle = blocks_[i].begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(
                                                     cell.screen_blocks, blocks_[i].size()));
        all.push_back({names[i],
                       cell.outcome,
                       cell.adjusted_p,
                       block_s_[i],
                       {blocks_[i].begin(), middle},
                       {middle, blocks_[i].end()}});
      }
    return all;
  }

 private:
  crossover_pair& pair_;
  std::vector<std::vector<banked_block>> blocks_;
  std::vector<double> block_s_;
};

crossover_pair_options pair_options(const calibrate_request& asked, std::uint64_t seed) {
  crossover_pair_options options;
  options.selection = asked.selection.empty() ? string_list{"--suite", "check"} : asked.selection;
  options.seed = seed;
  return options;
}

std::string exactly(const std::string& name) {
  std::string expression = "^";
  for (const char c : name)
    expression +=
        std::string(std::string_view(".[]{}()*+?^$|\\").find(c) == std::string_view::npos ? ""
                                                                                          : "\\") +
        c;
  return expression + "$";
}

/// The cell that is slowed down in the suite of this number, in turns; "" for a suite of identical
/// builds.
std::string slowed_cell(const calibrate_request& asked, const std::vector<std::string>& names,
                        std::size_t number) {
  if (asked.slower_every == 0 || number % asked.slower_every != asked.slower_every - 1) return {};
  std::vector<std::string> able;
  const name_filter filter(asked.slower_in);
  for (const std::string& name : names)
    if (filter.keeps(name)) able.push_back(name);
  return able.empty() ? std::string() : able[number / asked.slower_every % able.size()];
}

/// Measures one suite, the bank's `number`th.
banked_suite measure_suite(const calibrate_request& asked, const std::string& program,
                           const std::string& machine, std::size_t number, progress_line& line) {
  banked_suite suite;
  suite.date = now_in_utc();
  suite.machine = machine;
  suite.program = program;
  suite.seed = 1'000 + number;
  gate_options gate;
  gate.budget_s = asked.budget_s;
  gate.flips.seed = suite.seed;
  crossover_pair_options options = pair_options(asked, suite.seed);
  check_result before;
  {
    const crossover_pair names(asked.programs[0], asked.programs[1], options, before);
    suite.slower_cell = slowed_cell(asked, names.cells(), number);
  }
  if (!suite.slower_cell.empty()) {
    suite.slower = options.slower = asked.slower;
    options.slower_in = exactly(suite.slower_cell);
  }
  crossover_pair pair(asked.programs[0], asked.programs[1], options, before);
  recording_source source(pair);
  gate_watch watch;
  watch.progress = [&line](const run_progress& now) { line.show(now); };
  const check_result found = run_gate(source, gate, {}, watch);
  suite.wall_s = found.plan.wall_s.value_or(0);
  suite.cells = source.banked(found);
  for (const auto* list : {&found.newly_failing, &found.failing, &found.added})
    for (const unmatched_cell& cell : *list)
      suite.troubles.push_back(cell.name + ": " + cell.reason);
  if (suite.cells.empty())
    throw error(error_kind::failed,
                suite.troubles.empty() ? "no cell could be measured" : suite.troubles.front());
  return suite;
}

/// Measures suites until the time is over; begins none that would likely end later.
void fill_bank(const calibrate_request& asked) {
  const std::string program = digest_of(asked.programs), machine = machine_in_words();
  std::size_t number = read_bank(asked.bank).size();
  const auto began = steady::now();
  double longest_s = 0;
  int failures = 0;
  progress_line line;
  while (seconds_since(began) + longest_s < 60 * asked.minutes) {
    try {
      const auto start = steady::now();
      const banked_suite suite = measure_suite(asked, program, machine, number, line);
      append_to_bank(asked.bank, suite);
      longest_s = std::max(longest_s, seconds_since(start));
      ++number;
      failures = 0;
      unsigned alarms = 0, unsure = 0;
      for (const banked_cell& cell : suite.cells) {
        alarms += cell.outcome == verdict::regression;
        unsure += cell.outcome == verdict::inconclusive;
      }
      line.clear();
      fmt::print(stderr, "suite {} ({}): {} regressions, {} inconclusive, {:.1f} s; {} left\n",
                 number, suite.slower_cell.empty() ? "identical" : suite.slower_cell + " slower",
                 alarms, unsure, suite.wall_s,
                 format_time_left(std::max(0.0, 60 * asked.minutes - seconds_since(began))));
    } catch (const interrupted&) {
      throw;
    } catch (const error& trouble) {
      line.clear();
      if (trouble.kind() == error_kind::unwritable || trouble.kind() == error_kind::invalid ||
          ++failures >= most_failures)
        throw;
      fmt::print(stderr, "a suite could not be measured: {}\n", trouble.what());
    }
  }
}

int calibrate_command(const string_list& arguments) {
  CLI::App app(
      "Measures how often `crossover check` is wrong: suites of identical builds, and with one "
      "cell slowed down, banked block by block.\n"
      "Interrupt it when you like: whole suites are kept, and the next run goes on.\n"
      "Example:  tools/calibrate --minutes 60",
      "calibrate");
  calibrate_request asked;
  selection chosen;
  app.add_option("PROGRAMS", asked.programs, "OLD NEW: two copies of one build of crossover")
      ->expected(0, 2);
  app.add_option("--minutes", asked.minutes,
                 "how long to measure (default 60); 0: only make the page")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--bank", asked.bank,
                 "DIR: where suites are kept, one JSON line each (default calibration)");
  app.add_option("--page", asked.page, "FILE: where the page goes, as Markdown");
  app.add_option("--slower", asked.slower,
                 "percent of work added to the cell that is slowed down (default 5)")
      ->check(CLI::Range(0.1, 1000.0));
  app.add_option("--slower-every", asked.slower_every,
                 "one suite in so many has such a cell (default 3; 0: none)");
  app.add_option("--slower-in", asked.slower_in,
                 "REGEX: the cells that take turns (default hashing and network)");
  app.add_option("--replays", asked.replays, "suites played again of each truth (default 10000)");
  chosen.add_to(app);
  app.add_option("--command", asked.command, "what the page names as its source")->group("");
  if (!parse(app, arguments)) return exit_code::ok;
  asked.selection = chosen.flags("check");
  if (asked.minutes > 0 && asked.programs.size() != 2)
    throw error(error_kind::invalid, "give OLD and NEW, two copies of one build of crossover");
  if (!asked.page.empty()) check_writable(asked.page);

  catch_interrupts();
  int code = exit_code::ok;
  try {
    if (asked.minutes > 0) fill_bank(asked);
  } catch (const interrupted&) {
    code = exit_code::interrupted;
  }
  const std::vector<banked_suite> bank = read_bank(asked.bank);
  if (bank.empty() && code == exit_code::interrupted) return code;
  if (asked.replays > 0 && !bank.empty())
    fmt::print(stderr, "playing the blocks of {} suites again, {} times for each truth\n",
               bank.size(), asked.replays);
  replay_options replays;
  replays.suites = asked.replays;
  const std::string page = calibration_page(calibrate(bank, replays), asked.command);
  if (asked.page.empty())
    fmt::print("{}", page);
  else
    write_atomically(asked.page, page);
  return code;
}

}  // namespace
}  // namespace crossover

int main(int count, char** values) {
  using namespace crossover;
  try {
    return calibrate_command({values + 1, values + count});
  } catch (const interrupted&) {
    return exit_code::interrupted;
  } catch (const error& trouble) {
    fmt::print(stderr, "calibrate: {}\n", trouble.what());
    return trouble.kind() == error_kind::invalid      ? exit_code::usage
           : trouble.kind() == error_kind::unwritable ? exit_code::unwritable
                                                      : exit_code::unreadable;
  } catch (const std::exception& bug) {
    fmt::print(stderr, "calibrate: a bug of ours: {}\n", bug.what());
    return exit_code::bug;
  }
}
