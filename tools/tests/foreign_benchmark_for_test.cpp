// A Google Benchmark program for tests of check. The environment variable ROUNDS sets its work.
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
