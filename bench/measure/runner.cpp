#include "bench/measure/runner.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "bench/measure/name_filter.hpp"
#include "bench/results/metrics.hpp"
#include "workloads/base/clock.hpp"
#include "workloads/base/error.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

/// Settles cells that have no sample and did not fail: removes those that the filter left out, and
/// marks those that an interrupt left out as skipped.
void mark_unmeasured(results& all) {
  std::erase_if(all.cells, [&](const cell_result& cell) {
    return all.status == results_status::complete && cell.status == cell_status::ok &&
           cell.samples.empty();
  });
  for (cell_result& cell : all.cells) {
    if (cell.status != cell_status::ok || !cell.samples.empty()) continue;
    cell.status = cell_status::skipped;
    cell.reason = "not measured: the run was interrupted";
  }
}

/// State shared by the benchmark functions and the reporters.
struct session {
  const std::vector<planned_cell>& cells;
  results& all;
  const run_options& options;
  const measure_function& measure;
  std::map<std::string, std::vector<std::optional<sample>>>
      by_name;  ///< samples of each benchmark by repetition; nullopt if it failed
  std::size_t total = 0;
  std::size_t done = 0;
  std::int64_t start_ns = now_ns();
  std::int64_t next_write_ns = 0;
  std::optional<error> fatal;  ///< an output could not be written: the run ends

  /// Writes the results file, unless it was written recently or there is none.
  void save(bool at_end) {
    if (options.out.empty() || (!at_end && now_ns() < next_write_ns)) return;
    const std::int64_t before = now_ns();
    results so_far = all;  // stays if the process is killed before the next write
    if (!at_end) {
      so_far.status = results_status::interrupted;
      mark_unmeasured(so_far);
    }
    write_results(options.out, so_far);
    const std::int64_t took = now_ns() - before;
    // A document of thousands of samples may take long to write: limit writing to a twentieth of
    // the time.
    next_write_ns = done < 2000 || took < 50'000'000 ? 0 : now_ns() + 20 * took;
  }
};

void add_findings(cell_result& cell, const std::vector<finding>& findings) {
  for (const finding& f : findings) {
    const auto same = std::find_if(cell.findings.begin(), cell.findings.end(),
                                   [&](const finding& g) { return g.code == f.code; });
    if (same == cell.findings.end()) cell.findings.push_back(f);
  }
}

/// Runs one repetition of cell `index`; called by Google Benchmark.
void run_repetition(benchmark::State& state, session& run, std::size_t index) {
  const planned_cell& cell = run.cells[index];
  cell_result& result = run.all.cells[index];
  auto& samples = run.by_name[cell.name];
  samples.emplace_back();
  const auto skip = [&](const std::string& reason) {
    ++run.done;
    // Inside the loop, since Google Benchmark's statistics abort if repetitions differ in their
    // iterations.
    for (auto _ : state) {
      state.SkipWithError(reason.c_str());
      break;
    }
  };
  if (was_interrupted() || run.fatal) return skip("interrupted");
  if (result.status == cell_status::failed) return skip(result.reason);
  if (run.options.progress) {
    const double spent = static_cast<double>(now_ns() - run.start_ns) * 1e-9;
    const double left = run.done == 0 ? -1
                                      : spent / static_cast<double>(run.done) *
                                            static_cast<double>(run.total - run.done);
    run.options.progress({run.done, run.total, left, cell.name});
  }
  try {
    measurement m = run.measure(cell);
    std::uint64_t sequence = 0;
    for (const cell_result& c : run.all.cells) sequence += c.samples.size();
    m.result.sequence = sequence;
    result.samples.push_back(m.result);
    add_findings(result, m.findings);
    run.all.environment.insert(m.environment.begin(), m.environment.end());
    samples.back() = m.result;
    const double time_s = m.result.wall_s / static_cast<double>(m.result.operations);
    for (auto _ : state) state.SetIterationTime(time_s);
    state.SetItemsProcessed(1);
    for (const metric& known : all_metrics())
      if (const auto figure = known.extract(result, m.result))
        state.counters[std::string(known.id)] = *figure;
    if (m.result.cpu_user_s)
      state.counters["cpu"] = (*m.result.cpu_user_s + m.result.cpu_system_s.value_or(0)) /
                              static_cast<double>(m.result.operations);
  } catch (const interrupted&) {
    return skip("interrupted");
  } catch (const error& e) {
    result.status = cell_status::failed;
    result.reason = e.what();
    skip(result.reason);
    --run.done;
  }
  ++run.done;
  try {
    run.save(false);
  } catch (const error& e) {
    run.fatal = e;
  }
}

/// Corrects what Google Benchmark cannot know: operations and CPU time, which belong to another
/// process, and names without "/iterations:1/manual_time". Stores the aggregates and passes the
/// rows on to one of Google Benchmark's reporters.
class cell_reporter final : public benchmark::BenchmarkReporter {
 public:
  cell_reporter(session& run, std::unique_ptr<benchmark::BenchmarkReporter> inner,
                bool one_row_per_cell, bool keep_aggregates)
      : session_(run),
        inner_(std::move(inner)),
        one_row_per_cell_(one_row_per_cell),
        keep_aggregates_(keep_aggregates) {}

  bool ReportContext(const Context& context) override {
    inner_->SetOutputStream(&GetOutputStream());
    inner_->SetErrorStream(&GetErrorStream());
    // PrintBasicContext would warn about a debug build of the library. The environment records it,
    // and it does not affect figures measured in another process.
    std::ostringstream nowhere;
    if (one_row_per_cell_) inner_->SetErrorStream(&nowhere);
    const bool proceed = inner_->ReportContext(context);
    inner_->SetErrorStream(&GetErrorStream());
    return proceed;
  }

  void ReportRuns(const std::vector<Run>& runs) override {
    std::vector<Run> shown;
    for (Run run : runs) {
      run.run_name.iterations.clear();
      run.run_name.time_type.clear();
      run.run_name.repetitions.clear();
      std::erase_if(run.counters, [](const auto& counter) {
        return !std::isfinite(counter.second.value);
      });  // Google Benchmark would write NaN into its JSON
      if (run.error_occurred && run.error_message == "interrupted") continue;
      if (run.run_type == Run::RT_Iteration && !run.error_occurred) {
        const auto& samples = session_.by_name[run.run_name.function_name];
        const auto index = static_cast<std::size_t>(run.repetition_index);
        if (index < samples.size() && samples[index]) {
          run.iterations = static_cast<benchmark::IterationCount>(samples[index]->operations);
          run.real_accumulated_time = samples[index]->wall_s;
          run.cpu_accumulated_time =
              samples[index]->cpu_user_s.value_or(0) + samples[index]->cpu_system_s.value_or(0);
        }
      } else if (run.run_type == Run::RT_Aggregate) {
        const auto cpu = run.counters.find("cpu");
        const bool relative = run.aggregate_unit == benchmark::kPercentage;
        if (cpu != run.counters.end())
          run.cpu_accumulated_time = relative ? static_cast<double>(cpu->second)
                                              : cpu->second * static_cast<double>(run.iterations);
        if (keep_aggregates_) store_aggregate(run);
      }
      if (one_row_per_cell_) {
        if (run.run_type == Run::RT_Iteration && !run.error_occurred && run.repetitions > 1)
          continue;
        if (run.run_type == Run::RT_Aggregate && run.aggregate_name != "mean") continue;
        run.counters.clear();
        if (const auto rate = runs.back().counters.find("items_per_second");
            rate != runs.back().counters.end())
          run.counters["items_per_second"] = rate_of(runs, run);
      }
      shown.push_back(std::move(run));
    }
    if (!shown.empty()) inner_->ReportRuns(shown);
  }

  void Finalize() override {
    inner_->Finalize();
    output_lost_ = !GetOutputStream().flush();
  }

  bool output_lost() const { return output_lost_; }

 private:
  static benchmark::Counter rate_of(const std::vector<Run>& runs, const Run& like) {
    for (const Run& run : runs)
      if (run.run_type == like.run_type && run.aggregate_name == like.aggregate_name)
        if (const auto rate = run.counters.find("items_per_second"); rate != run.counters.end())
          return rate->second;
    return {};
  }

  /// Stores an aggregate as Google Benchmark's JSON reporter writes it.
  void store_aggregate(const Run& run) {
    std::ostringstream output, nowhere;
    benchmark::JSONReporter json;
    json.SetOutputStream(&output);
    json.SetErrorStream(&nowhere);
    json.ReportRuns({run});
    // Its NaN (such as the variation of a counter whose mean is 0) is not valid JSON: use null.
    std::string text = output.str();
    for (const std::string_view absent : {": NaN", ": -NaN", ": Infinity", ": -Infinity"})
      for (std::size_t position = 0; (position = text.find(absent, position)) != std::string::npos;)
        text.replace(position, absent.size(), ": null");
    const auto row = nlohmann::json::parse(text, nullptr, false);
    if (row.is_object()) session_.all.aggregates.push_back(row.dump());
  }

  session& session_;
  std::unique_ptr<benchmark::BenchmarkReporter> inner_;
  bool one_row_per_cell_;
  bool keep_aggregates_;
  bool output_lost_ = false;
};

bool has_flag(const std::vector<std::string>& flags, std::string_view name) {
  return std::any_of(flags.begin(), flags.end(), [&](const std::string& flag) {
    return flag.starts_with(name) && (flag.size() == name.size() || flag[name.size()] == '=');
  });
}

constexpr std::string_view filter_flag = "--benchmark_filter=";

/// Returns the filter of the last flag or of the environment, as Google Benchmark does. The library
/// itself would match with a regular expression that may backtrack forever.
name_filter filter_of(const run_options& options) {
  for (auto flag = options.benchmark_flags.rbegin(); flag != options.benchmark_flags.rend(); ++flag)
    if (flag->starts_with(filter_flag)) return name_filter(flag->substr(filter_flag.size()));
  const char* const filter = std::getenv("BENCHMARK_FILTER");
  return name_filter(filter != nullptr ? filter : "", "BENCHMARK_FILTER");
}

void init_google_benchmark(const run_options& options) {
  static char name[] = "crossover";  // the library keeps a pointer to it
  std::vector<std::string> flags = {fmt::format("--benchmark_repetitions={}", options.repetitions),
                                    "--benchmark_enable_random_interleaving=true"};
  std::copy_if(options.benchmark_flags.begin(), options.benchmark_flags.end(),
               std::back_inserter(flags),
               [](const std::string& flag) { return !flag.starts_with(filter_flag); });
  std::vector<char*> arguments = {name};
  for (std::string& flag : flags) arguments.push_back(flag.data());
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (count > 1)
    throw error(error_kind::invalid,
                fmt::format("unknown flag '{}'; see crossover run --help", arguments[1]));
}

std::size_t repetitions_of(const run_options& options) {
  for (auto flag = options.benchmark_flags.rbegin(); flag != options.benchmark_flags.rend(); ++flag)
    if (flag->starts_with("--benchmark_repetitions=")) return std::stoul(flag->substr(24));
  return options.repetitions;
}

}  // namespace

std::string google_benchmark_build_type() {
  std::ostringstream text, nowhere;
  benchmark::JSONReporter json;
  json.SetOutputStream(&text);
  json.SetErrorStream(&nowhere);
  json.ReportContext(benchmark::BenchmarkReporter::Context());
  const std::string context = text.str();
  return context.find("\"library_build_type\": \"debug\"") != std::string::npos ? "debug"
                                                                                : "release";
}

void run_cells(const std::vector<planned_cell>& cells, results& all, const run_options& options,
               const measure_function& measure) {
  init_google_benchmark(options);
  session run{.cells = cells,
              .all = all,
              .options = options,
              .measure = measure,
              .by_name = {},
              .fatal = {}};
  const name_filter filter = filter_of(options);
  std::size_t runnable = 0, chosen = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!cells[i].skip_reason.empty()) continue;
    ++runnable;
    if (!filter.keeps(cells[i].name)) continue;
    ++chosen;
    benchmark::RegisterBenchmark(
        cells[i].name.c_str(),
        [&run, i](benchmark::State& state) { run_repetition(state, run, i); })
        ->UseManualTime()
        ->Iterations(1);
  }
  if (runnable == 0) {
    if (cells.empty())
      throw error(error_kind::invalid,
                  "no cell to run: select a workload, model, cores and in-flight values");
    throw error(error_kind::invalid, fmt::format("no cell to run: {} is skipped: {}",
                                                 cells.front().name, cells.front().skip_reason));
  }
  if (chosen == 0)
    throw error(error_kind::invalid, "--benchmark_filter matches no cell; see crossover list");
  run.total = chosen * repetitions_of(options);
  const bool aggregates_requested =
      has_flag(options.benchmark_flags, "--benchmark_display_aggregates_only") ||
      has_flag(options.benchmark_flags, "--benchmark_report_aggregates_only");
  const bool as_json = has_flag(options.benchmark_flags, "--benchmark_format") &&
                       std::find(options.benchmark_flags.begin(), options.benchmark_flags.end(),
                                 "--benchmark_format=json") != options.benchmark_flags.end();
  std::unique_ptr<benchmark::BenchmarkReporter> shown;
  if (as_json)
    shown = std::make_unique<benchmark::JSONReporter>();
  else
    shown = std::make_unique<benchmark::ConsoleReporter>(benchmark::ConsoleReporter::OO_None);
  cell_reporter display(run, std::move(shown), !aggregates_requested && !as_json, true);
  cell_reporter file(run, std::make_unique<benchmark::JSONReporter>(), false, false);
  const bool to_file = has_flag(options.benchmark_flags, "--benchmark_out");
  benchmark::RunSpecifiedBenchmarks(&display, to_file ? &file : nullptr, "all");
  benchmark::ClearRegisteredBenchmarks();
  if (run.fatal) throw *run.fatal;
  if (was_interrupted()) all.status = results_status::interrupted;
  mark_unmeasured(all);
  judge_ceilings(all);
  run.save(true);
  if (to_file && file.output_lost())
    throw error(error_kind::unwritable,
                "--benchmark_out: cannot be written in full; free space on its disk");
}

}  // namespace crossover
