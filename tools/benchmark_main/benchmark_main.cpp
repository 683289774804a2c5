// main() of a program with Google Benchmark benchmarks. `crossover check` starts it as a cell
// process (bench/cell/PROTOCOL.md); otherwise it behaves as with the library's own main.
#include <benchmark/benchmark.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// The linker sends each registration here (--wrap), because the library has no list of its
/// benchmarks. They are needed to set their numbers of iterations.
extern "C" benchmark::internal::Benchmark*
__real__ZN9benchmark8internal25RegisterBenchmarkInternalEPNS0_9BenchmarkE(
    benchmark::internal::Benchmark* registered);

namespace {

using benchmark::internal::Benchmark;
using nlohmann::json;

std::vector<Benchmark*>& families() {
  static std::vector<Benchmark*> all;
  return all;
}

double cpu_s_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

/// Adds up the repetitions of one benchmark and prints nothing.
class silent_reporter : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      if (has_failed(run)) failure = message_of(run);
      operations += static_cast<std::uint64_t>(run.iterations);
      wall_s += run.real_accumulated_time;
    }
  }

  std::uint64_t operations = 0;
  double wall_s = 0;
  std::string failure;  ///< "": none

 private:
  /// Version 1.8 has renamed both members.
  template <typename Any>
  static bool has_failed(const Any& run) {
    if constexpr (requires { run.error_occurred; })
      return run.error_occurred;
    else
      return static_cast<int>(run.skipped) != 0;
  }
  template <typename Any>
  static std::string message_of(const Any& run) {
    if constexpr (requires { run.error_message; })
      return run.error_message;
    else
      return run.skip_message;
  }
};

/// Passes flags to the library.
void initialize(std::vector<std::string> flags) {
  flags.insert(flags.begin(), "benchmark");
  std::vector<char*> arguments;
  for (std::string& flag : flags) arguments.push_back(flag.data());
  auto count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
}

std::vector<std::string> names_of_benchmarks() {
  initialize({"--benchmark_list_tests=true"});
  std::stringstream list;
  silent_reporter reporter;
  reporter.SetOutputStream(&list);
  benchmark::RunSpecifiedBenchmarks(&reporter, std::string("."));
  std::vector<std::string> names;
  for (std::string name; std::getline(list, name);) names.push_back(name);
  return names;
}

bool has_part(std::string_view name, std::string_view part) {
  return name.find(part) != std::string_view::npos;
}

/// `list --json`: the benchmarks as cells. Their workload is `noop` for the harness, which knows
/// nothing about the operation; the model parameter names the benchmark.
int print_list() {
  json cells = json::array();
  for (const std::string& name : names_of_benchmarks()) {
    const bool is_threaded = has_part(name, "/threads:") && !has_part(name, "/threads:1");
    cells.push_back({{"name", name},
                     {"workload", "noop"},
                     {"parameters", json::object()},
                     {"model", "serial"},
                     {"model_parameters", {{"benchmark", name}}},
                     {"cores", 1},
                     {"in_flight", 1},
                     {"status", is_threaded ? "skipped" : "runnable"},
                     {"reason", is_threaded ? "it uses several threads" : ""}});
  }
  std::cout << json{{"cells", cells}}.dump() << "\n";
  return 0;
}

/// Expression that matches the name of one benchmark, with and without a part for the iterations.
std::string filter_of(const std::string& name) {
  std::string filter = "^";
  for (const char c : name) {
    if (c == '/') filter += "(/iterations:[0-9]+)?";
    if (std::string_view("\\^$.|?*+()[]{}").find(c) != std::string_view::npos) filter += '\\';
    filter += c;
  }
  return filter + "(/iterations:[0-9]+)?$";
}

/// One benchmark as a cell: an operation is one iteration.
class benchmark_cell {
 public:
  json prepare(const json& request) {
    const auto began = std::chrono::steady_clock::now();
    name_ = request.at("model_parameters").at("benchmark").get<std::string>();
    delay_ns_ = request.value("injected_delay_ns", 0.0);
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    for (const json& core : request.at("cores")) CPU_SET(core.get<int>(), &cpus);
    if (sched_setaffinity(0, sizeof cpus, &cpus) != 0)
      throw std::runtime_error("cannot bind the process to its cores");
    initialize({});
    const std::chrono::duration<double> setup = std::chrono::steady_clock::now() - began;
    return {{"protocol", 1}, {"program", "benchmark_main"}, {"setup_s", setup.count()}};
  }

  json run(const json& request) {
    if (request.contains("rate")) throw std::runtime_error("a benchmark has no open loop");
    if (request.contains("operations")) return iterate(request.at("operations"));
    return fill(request.at("seconds"));
  }

 private:
  /// Runs this number of iterations.
  json iterate(std::uint64_t iterations) {
    if (!has_part(name_, "/iterations:"))
      for (Benchmark* family : families())
        family->Iterations(static_cast<benchmark::IterationCount>(iterations));
    rusage before{}, after{};
    getrusage(RUSAGE_SELF, &before);
    silent_reporter reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter, filter_of(name_));
    if (!reporter.failure.empty()) throw std::runtime_error(reporter.failure);
    if (reporter.operations == 0) throw std::runtime_error("the benchmark did not run");
    reporter.wall_s += wait(delay_ns_ * static_cast<double>(reporter.operations));
    getrusage(RUSAGE_SELF, &after);
    return {{"operations", reporter.operations},
            {"wall_s", std::max(reporter.wall_s, 1e-9)},
            {"cpu_user_s", cpu_s_of(after.ru_utime) - cpu_s_of(before.ru_utime)},
            {"cpu_system_s", cpu_s_of(after.ru_stime) - cpu_s_of(before.ru_stime)}};
  }

  /// Runs as many iterations as take about this long.
  json fill(double seconds) {
    for (double iterations = 1;;) {
      json sample = iterate(static_cast<std::uint64_t>(iterations));
      const double wall_s = sample.at("wall_s");
      if (wall_s >= seconds / 2 || has_part(name_, "/iterations:")) return sample;
      iterations = std::ceil(iterations * std::clamp(1.2 * seconds / wall_s, 2.0, 100.0));
    }
  }

  /// Works without effect for this long; returns the time in s.
  static double wait(double ns) {
    const auto began = std::chrono::steady_clock::now();
    std::chrono::duration<double> waited{};
    while (waited.count() * 1e9 < ns) waited = std::chrono::steady_clock::now() - began;
    return waited.count();
  }

  std::string name_;
  double delay_ns_ = 0;
};

json answer(benchmark_cell& cell, const std::string& line) {
  try {
    const json request = json::parse(line);
    if (request.contains("prepare")) return {{"ready", cell.prepare(request["prepare"])}};
    if (request.contains("run")) return {{"sample", cell.run(request["run"])}};
    if (request.contains("finish")) {
      rusage usage{};
      getrusage(RUSAGE_SELF, &usage);
      return {{"finished", {{"peak_rss_bytes", usage.ru_maxrss * 1024}}}};
    }
    return {{"error", {{"kind", "invalid"}, {"message", "unknown request"}}}};
  } catch (const json::exception& e) {
    return {{"error", {{"kind", "invalid"}, {"message", e.what()}}}};
  } catch (const std::exception& e) {
    return {{"error", {{"kind", "failed"}, {"message", e.what()}}}};
  }
}

/// `cell`: replies to requests until the end of the input. What benchmarks print goes to standard
/// error.
int run_cell() {
  std::ostream replies(std::cout.rdbuf());
  std::cout.rdbuf(std::cerr.rdbuf());
  benchmark_cell cell;
  for (std::string line; std::getline(std::cin, line);)
    replies << answer(cell, line).dump(-1, ' ', false, json::error_handler_t::replace) << "\n"
            << std::flush;
  return 0;
}

}  // namespace

extern "C" Benchmark* __wrap__ZN9benchmark8internal25RegisterBenchmarkInternalEPNS0_9BenchmarkE(
    Benchmark* registered) {
  families().push_back(registered);
  return __real__ZN9benchmark8internal25RegisterBenchmarkInternalEPNS0_9BenchmarkE(registered);
}

int main(int count, char** arguments) {
  const std::string_view command = count > 1 ? arguments[1] : "";
  if (command == "--version") {
    // The first word tells `check` that the program is made of cells.
    std::cout << "crossover " CROSSOVER_VERSION " in a Google Benchmark program\n";
    return 0;
  }
  if (command == "list") return print_list();
  if (command == "cell") return run_cell();
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
