// Twelve benchmarks of 0.2 µs to 2 ms, to measure the error rates of `check` on Google Benchmark
// programs. The benchmark named by the environment variable CROSSOVER_SLOWER repeats its work in
// every 20th iteration, which is 5 % more. With CROSSOVER_REAL_TIME they use real time, so `check`
// measures them in whole processes.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <vector>

namespace {

std::uint64_t mix(std::uint64_t value) {
  return value * 6364136223846793005ULL + 1442695040888963407ULL;
}

std::vector<std::uint64_t> numbers(std::size_t count) {
  std::vector<std::uint64_t> all(count);
  std::uint64_t value = 1;
  for (std::uint64_t& number : all) number = value = mix(value);
  return all;
}

void chain(std::int64_t length) {
  std::uint64_t value = 1;
  for (std::int64_t i = 0; i < length; ++i) value = mix(value);
  benchmark::DoNotOptimize(value);
}

void sum(std::int64_t count) {
  static const std::vector<std::uint64_t> values = numbers(1 << 20);
  benchmark::DoNotOptimize(std::accumulate(values.begin(), values.begin() + count, 0ULL));
}

void sort(std::int64_t count) {
  static const std::vector<std::uint64_t> values = numbers(1 << 16);
  std::vector<std::uint64_t> sorted(values.begin(), values.begin() + count);
  std::sort(sorted.begin(), sorted.end());
  benchmark::DoNotOptimize(sorted.data());
}

void look_up(std::int64_t count) {
  static const std::map<std::uint64_t, int> entries = [] {
    std::map<std::uint64_t, int> all;
    for (const std::uint64_t number : numbers(4096)) all[number] = 1;
    return all;
  }();
  std::uint64_t value = 1;
  int found = 0;
  for (std::int64_t i = 0; i < count; ++i) found += entries.contains(value = mix(value));
  benchmark::DoNotOptimize(found);
}

void append(std::int64_t count) {
  std::string text;
  for (std::int64_t i = 0; i < count; ++i) text += std::to_string(i);
  benchmark::DoNotOptimize(text.data());
}

void root(std::int64_t count) {
  double total = 0;
  for (std::int64_t i = 0; i < count; ++i) total += std::sqrt(static_cast<double>(i));
  benchmark::DoNotOptimize(total);
}

#ifdef CROSSOVER_REAL_TIME
constexpr bool uses_real_time = true;
#else
constexpr bool uses_real_time = false;
#endif

void add(const std::string& name, const std::function<void(std::int64_t)>& work,
         std::int64_t size) {
  const char* slower = std::getenv("CROSSOVER_SLOWER");
  const std::string full_name = name + "/" + std::to_string(size);
  const std::string shown_name = full_name + (uses_real_time ? "/real_time" : "");
  const bool is_slower = slower != nullptr && shown_name == slower;
  auto* added = benchmark::RegisterBenchmark(full_name.c_str(), [=](benchmark::State& state) {
    unsigned iteration = 0;
    for (auto turn : state) {
      work(size);
      if (is_slower && ++iteration % 20 == 0) work(size);
    }
  });
  if (uses_real_time) added->UseRealTime();
}

// The linked library's main() runs what is registered before it.
[[maybe_unused]] const bool are_added = [] {
  add("chain", chain, 200), add("chain", chain, 20'000), add("chain", chain, 1'500'000);
  add("sum", sum, 4'096), add("sum", sum, 1'000'000);
  add("sort", sort, 64), add("sort", sort, 30'000);
  add("look_up", look_up, 16), add("look_up", look_up, 1'000);
  add("append", append, 16), add("append", append, 2'000);
  add("root", root, 10'000);
  return true;
}();

}  // namespace
