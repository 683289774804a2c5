#include "bench/measure/google_benchmark.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "bench/results/benchmark_rows.hpp"
#include "bench/results/metrics.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

/// Corrects what Google Benchmark reports: operations and CPU time are those of another process,
/// and names lose "/iterations:1/manual_time". Stores the aggregates and passes the rows on to one
/// of Google Benchmark's reporters.
class cell_reporter final : public benchmark::BenchmarkReporter {
 public:
  /// `is_shown`: the rows are passed on; they take 3 kB each.
  cell_reporter(results& all, std::unique_ptr<benchmark::BenchmarkReporter> inner, bool is_shown,
                bool one_row_per_cell, bool keep_aggregates)
      : all_(all),
        inner_(std::move(inner)),
        is_shown_(is_shown),
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
    for (const Run& reported : runs) {
      if (!is_shown_ && reported.run_type != Run::RT_Aggregate) continue;
      Run run = reported;
      run.run_name.iterations.clear();
      run.run_name.time_type.clear();
      run.run_name.repetitions.clear();
      std::erase_if(run.counters, [](const auto& counter) {
        return !std::isfinite(counter.second.value);
      });  // Google Benchmark would write NaN into its JSON
      if (run.run_type == Run::RT_Iteration && !run.error_occurred) {
        const auto cell = std::find_if(all_.cells.begin(), all_.cells.end(), [&](const auto& c) {
          return c.name == run.run_name.function_name;
        });
        const auto index = static_cast<std::size_t>(run.repetition_index);
        if (cell != all_.cells.end() && index < cell->samples.size()) {
          const sample& s = cell->samples[index];
          run.iterations = static_cast<benchmark::IterationCount>(s.operations);
          run.real_accumulated_time = s.wall_s;
          run.cpu_accumulated_time = s.cpu_user_s.value_or(0) + s.cpu_system_s.value_or(0);
        }
      } else if (run.run_type == Run::RT_Aggregate) {
        const auto cpu = run.counters.find("cpu");
        const bool relative = run.aggregate_unit == benchmark::kPercentage;
        if (cpu != run.counters.end())
          run.cpu_accumulated_time = relative ? static_cast<double>(cpu->second)
                                              : cpu->second * static_cast<double>(run.iterations);
        if (keep_aggregates_) store_aggregate(run);
      }
      if (!is_shown_) continue;
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
    rows_.insert(rows_.end(), shown.begin(), shown.end());
  }

  void Finalize() override {
    // One report has all rows. The CSV reporter would abort if a later one had a new counter.
    if (!rows_.empty()) inner_->ReportRuns(rows_);
    inner_->Finalize();
    GetOutputStream().flush();
    output_lost_ = !GetOutputStream().good();
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
    std::string text = output.str();
    nulls_for_infinities(text);
    const auto row = nlohmann::json::parse(text, nullptr, false);
    if (row.is_object()) all_.aggregates.push_back(row.dump());
  }

  results& all_;
  std::unique_ptr<benchmark::BenchmarkReporter> inner_;
  std::vector<Run> rows_;
  bool is_shown_;
  bool one_row_per_cell_;
  bool keep_aggregates_;
  bool output_lost_ = false;
};

/// Gives the library one repetition of a cell.
void replay(benchmark::State& state, const cell_result& cell, std::size_t index) {
  if (index >= cell.samples.size()) {
    // Set inside the loop, because Google Benchmark's statistics abort if repetitions differ in
    // their iterations.
    for (auto _ : state) {
      state.SkipWithError(cell.reason.c_str());
      break;
    }
    return;
  }
  const sample& s = cell.samples[index];
  for (auto _ : state) state.SetIterationTime(s.wall_s / static_cast<double>(s.operations));
  state.SetItemsProcessed(1);
  for (const metric& known : all_metrics())
    if (const auto figure = known.extract(cell, s)) state.counters[std::string(known.id)] = *figure;
  if (s.cpu_user_s)
    state.counters["cpu"] =
        (*s.cpu_user_s + s.cpu_system_s.value_or(0)) / static_cast<double>(s.operations);
}

/// Passes the flags to the library. It keeps its settings for the rest of the process.
void initialize(const std::vector<std::string>& flags) {
  static char name[] = "crossover";  // the library keeps a pointer to it
  std::vector<std::string> texts = flags;
  std::vector<char*> arguments = {name};
  for (std::string& text : texts) arguments.push_back(text.data());
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (count > 1)
    throw error(error_kind::invalid,
                fmt::format("unknown flag '{}'; see crossover run --help", arguments[1]));
}

// Deprecated, but still one of the formats that users may request.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
std::unique_ptr<benchmark::BenchmarkReporter> make_csv_reporter() {
  return std::make_unique<benchmark::CSVReporter>();
}
#pragma GCC diagnostic pop

std::string environment_filter() {
  const char* const filter = std::getenv("BENCHMARK_FILTER");
  return filter != nullptr ? filter : "";
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

google_benchmark::google_benchmark(std::vector<std::string> flags)
    : flags_(std::move(flags)), filter_("") {
  const auto requested = value_of("--benchmark_filter");
  filter_ =
      requested ? name_filter(*requested) : name_filter(environment_filter(), "BENCHMARK_FILTER");
  std::vector<std::string> passed;
  for (const std::string& flag : flags_)
    if (!flag.starts_with("--benchmark_filter=") && !flag.starts_with("--benchmark_repetitions="))
      passed.push_back(flag);
  initialize(passed);
  repetitions();
}

bool google_benchmark::has(std::string_view name) const {
  return std::any_of(flags_.begin(), flags_.end(), [&](const std::string& flag) {
    return flag.starts_with(name) && (flag.size() == name.size() || flag[name.size()] == '=');
  });
}

std::optional<std::string> google_benchmark::value_of(std::string_view name) const {
  for (auto flag = flags_.rbegin(); flag != flags_.rend(); ++flag)
    if (flag->starts_with(name) && flag->size() > name.size() && (*flag)[name.size()] == '=')
      return flag->substr(name.size() + 1);
  return std::nullopt;
}

std::optional<std::uint32_t> google_benchmark::repetitions() const {
  const auto text = value_of("--benchmark_repetitions");
  if (!text) return std::nullopt;
  if (text->empty() || text->size() > 5 ||
      text->find_first_not_of("0123456789") != std::string::npos || std::stoul(*text) == 0)
    throw error(error_kind::invalid,
                fmt::format("--benchmark_repetitions={}: must be 1 to 99999", *text));
  return static_cast<std::uint32_t>(std::stoul(*text));
}

bool google_benchmark::lists_only() const {
  return has("--benchmark_list_tests") && value_of("--benchmark_list_tests") != "false";
}

bool google_benchmark::prints() const {
  return has("--benchmark_format") || has("--benchmark_display_aggregates_only") ||
         has("--benchmark_report_aggregates_only");
}

bool google_benchmark::report(results& all) const {
  std::map<std::string, std::size_t> repetition;
  bool any = false;
  for (const cell_result& cell : all.cells) {
    if (cell.status == cell_status::skipped) continue;
    any = true;
    benchmark::RegisterBenchmark(cell.name.c_str(),
                                 [&repetition, &cell](benchmark::State& state) {
                                   replay(state, cell, repetition[cell.name]++);
                                 })
        ->UseManualTime()
        ->Iterations(1)
        ->Repetitions(std::max(1, static_cast<int>(cell.samples.size())));
  }
  if (!any) return true;
  const bool aggregates_requested =
      has("--benchmark_display_aggregates_only") || has("--benchmark_report_aggregates_only");
  const std::string format = value_of("--benchmark_format").value_or("console");
  std::unique_ptr<benchmark::BenchmarkReporter> shown;
  std::ostringstream nowhere;
  if (format == "json")
    shown = std::make_unique<benchmark::JSONReporter>();
  else if (format == "csv")
    shown = make_csv_reporter();
  else
    shown = std::make_unique<benchmark::ConsoleReporter>(benchmark::ConsoleReporter::OO_None);
  cell_reporter display(all, std::move(shown), prints(),
                        !aggregates_requested && format == "console", true);
  if (!prints()) display.SetOutputStream(&nowhere);
  cell_reporter file(all, std::make_unique<benchmark::JSONReporter>(), true, false, false);
  benchmark::RunSpecifiedBenchmarks(&display, has("--benchmark_out") ? &file : nullptr, "all");
  benchmark::ClearRegisteredBenchmarks();
  return !file.output_lost();
}

}  // namespace crossover
