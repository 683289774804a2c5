// A program of Google Benchmark's, as check compares two of: its work is a count of rounds in the
// environment variable ROUNDS.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>

namespace {

void mix(benchmark::State& state) {
  const char* text = std::getenv("ROUNDS");
  const long rounds = (text == nullptr ? 1000 : std::atol(text)) * state.range(0);
  for (auto turn : state) {
    std::uint64_t value = 1;
    for (long i = 0; i < rounds; ++i) value = value * 6364136223846793005u + 1442695040888963407u;
    benchmark::DoNotOptimize(value);
  }
}
BENCHMARK(mix)->Name("mix<int, (a|b)>")->Arg(1)->Arg(4);

}  // namespace

BENCHMARK_MAIN();
