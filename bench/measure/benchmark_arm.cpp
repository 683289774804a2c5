#include "bench/measure/benchmark_arm.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bench/cell/child_process.hpp"
#include "bench/measure/name_filter.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

constexpr int repetitions = 3;  ///< per process

double time_of(const sample& s) { return s.wall_s / static_cast<double>(s.operations); }

class benchmark_process_arm final : public arm {
 public:
  explicit benchmark_process_arm(benchmark_options options) : options_(std::move(options)) {}

  void start() override {}

  sample slice(const slice_plan&) override {
    const std::filesystem::path out = options_.directory / "out.json";
    std::error_code ignored;
    std::filesystem::remove(out, ignored);
    const std::string filter = "--benchmark_filter=" + exact_filter(options_.name);
    child_process({"env", "CROSSOVER_LAYOUT=" + options_.layout, options_.program, filter,
                   fmt::format("--benchmark_repetitions={}", repetitions),
                   "--benchmark_min_time=" + options_.min_time, "--benchmark_out=" + out.string(),
                   "--benchmark_out_format=json"})
        .read_to_end(child_process::duration(options_.timeout_s));
    results measured = read_results(out);
    for (const cell_result& cell : measured.cells)
      if (cell.status == cell_status::failed) throw error(error_kind::failed, cell.reason);
    if (measured.cells.size() != 1 || measured.cells.front().samples.empty())
      throw error(error_kind::failed, fmt::format("{} gave {} benchmarks with results, expected 1",
                                                  filter, measured.cells.size()));
    environment_ = std::move(measured.environment);
    std::vector<sample>& samples = measured.cells.front().samples;
    const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
    std::nth_element(samples.begin(), middle, samples.end(),
                     [](const sample& a, const sample& b) { return time_of(a) < time_of(b); });
    return std::move(*middle);
  }

  double cpu_s() const override { return 0; }  // no process lives between slices
  std::optional<std::uint64_t> finish() override { return std::nullopt; }
  std::map<std::string, std::string> environment() const override { return environment_; }

 private:
  benchmark_options options_;
  std::map<std::string, std::string> environment_;
};

}  // namespace

std::unique_ptr<arm> benchmark_arm(benchmark_options options) {
  return std::make_unique<benchmark_process_arm>(std::move(options));
}

}  // namespace crossover
