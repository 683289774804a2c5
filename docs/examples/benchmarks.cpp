// Google Benchmark benchmarks as always; main() comes from crossover::benchmark_main.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <vector>

static void sort(benchmark::State& state) {
  std::vector<std::uint32_t> numbers(static_cast<std::size_t>(state.range(0)));
  for (std::uint32_t value = 1; std::uint32_t & number : numbers) number = value *= 2654435761u;
  for (auto iteration : state) {
    std::vector<std::uint32_t> sorted = numbers;
    std::sort(sorted.begin(), sorted.end());
    benchmark::DoNotOptimize(sorted.data());
  }
}
BENCHMARK(sort)->Arg(100)->Arg(10'000);

static void refuse(benchmark::State& state) { state.SkipWithError("no paper"); }
BENCHMARK(refuse);
