#include "bench/models/run/latency_recorder.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

namespace crossover {
namespace {

latency_distribution distribution_of(const std::vector<std::uint64_t>& values) {
  latency_recorder recorder(1);
  latency_recorder::buffer buffer(recorder, 0);
  for (const std::uint64_t value : values) buffer.record(static_cast<std::int64_t>(value));
  buffer.flush();
  return recorder.take();
}

/// Returns a value's bin as defined in PROTOCOL.md.
latency_bin documented_bin(std::uint64_t value) {
  if (value < 64) return {value, value + 1, 1};
  const int shift = static_cast<int>(std::bit_width(value)) - 7;
  return {(value >> shift) << shift, ((value >> shift) + 1) << shift, 1};
}

TEST(latency_recorder, bin_middles_are_within_one_percent_over_the_whole_range) {
  std::vector<std::uint64_t> values = {0, 1, 2, 63, 64, 65, 127, 128, 129};
  for (int octave = 6; octave < 41; ++octave)
    for (const std::uint64_t step : {0, 1, 7, 31, 32, 63})
      values.push_back((1ULL << octave) + step * ((1ULL << octave) / 64));
  for (double v = 100; v < 2e12; v *= 1.37) values.push_back(static_cast<std::uint64_t>(v));
  for (const std::uint64_t value : values) {
    const latency_distribution one = distribution_of({value});
    ASSERT_EQ(one.bins.size(), 1U) << value;
    EXPECT_EQ(one.bins[0], documented_bin(value)) << value;
    const double middle = (static_cast<double>(one.bins[0].lower_ns) +
                           static_cast<double>(one.bins[0].upper_ns - 1)) /
                          2;
    EXPECT_LE(std::abs(middle - static_cast<double>(value)), 0.01 * static_cast<double>(value))
        << value;
  }
}

TEST(latency_recorder, quantiles_of_many_values_are_within_one_percent) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> draw(13, 2);
  std::vector<std::uint64_t> values(50'001);
  for (auto& value : values) value = static_cast<std::uint64_t>(draw(random)) + 64;
  const latency_distribution recorded = distribution_of(values);
  std::sort(values.begin(), values.end());
  EXPECT_EQ(recorded.count(), values.size());
  for (const double q : {0.01, 0.25, 0.5, 0.9, 0.99, 0.999}) {
    const auto exact = static_cast<double>(
        values[static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size()))) - 1]);
    EXPECT_NEAR(recorded.quantile_ns(q), exact, 0.01 * exact) << q;
  }
}

TEST(latency_recorder, maximum_and_mean_are_exact) {
  const std::vector<std::uint64_t> values = {1'000'003, 5, 123'456'789, 77, 77, 999'999'999'999};
  const latency_distribution recorded = distribution_of(values);
  EXPECT_EQ(recorded.max_ns, 999'999'999'999U);
  EXPECT_DOUBLE_EQ(recorded.mean_ns, std::accumulate(values.begin(), values.end(), 0.0) / 6);
  EXPECT_EQ(recorded.quantile_ns(1), 999'999'999'999.0);
}

TEST(latency_recorder, keeps_values_below_0_and_above_the_last_bin) {
  latency_recorder recorder(1);
  latency_recorder::buffer buffer(recorder, 0);
  buffer.record(-5);
  buffer.record(std::int64_t{1} << 50);
  buffer.flush();
  const latency_distribution recorded = recorder.take();
  EXPECT_EQ(recorded.count(), 2U);
  EXPECT_EQ(recorded.bins.front().lower_ns, 0U);
  EXPECT_EQ(recorded.max_ns, 1ULL << 50);
}

TEST(latency_recorder, bins_are_ascending_and_not_empty) {
  const latency_distribution recorded = distribution_of({5'000'000, 100, 100, 3, 70'000});
  for (std::size_t i = 0; i < recorded.bins.size(); ++i) {
    EXPECT_GT(recorded.bins[i].count, 0U);
    EXPECT_LT(recorded.bins[i].lower_ns, recorded.bins[i].upper_ns);
    EXPECT_GE(recorded.bins[i].lower_ns, i == 0 ? 0 : recorded.bins[i - 1].upper_ns);
  }
}

TEST(latency_recorder, take_empties_the_recorder) {
  latency_recorder recorder(3);
  for (std::uint32_t worker = 0; worker < 5; ++worker) {
    latency_recorder::buffer buffer(recorder, worker);
    buffer.record(1000 + worker);
    buffer.flush();
  }
  EXPECT_EQ(recorder.take().count(), 5U);
  const latency_distribution second = recorder.take();
  EXPECT_TRUE(second.bins.empty());
  EXPECT_EQ(second.max_ns, 0U);
  EXPECT_EQ(second.mean_ns, 0);
  EXPECT_TRUE(std::isnan(second.quantile_ns(0.5)));
}

TEST(latency_recorder, concurrent_workers_of_all_shards_add_up) {
  constexpr int each = 10'007;
  latency_recorder recorder(2);
  std::vector<std::thread> workers;
  for (std::uint32_t worker = 0; worker < 5; ++worker)
    workers.emplace_back([&recorder, worker] {
      latency_recorder::buffer buffer(recorder, worker);
      for (int i = 0; i < each; ++i) buffer.record(i);
      buffer.flush();
    });
  for (std::thread& worker : workers) worker.join();
  const latency_distribution recorded = recorder.take();
  EXPECT_EQ(recorded.count(), 5U * each);
  EXPECT_DOUBLE_EQ(recorded.mean_ns, (each - 1) / 2.0);
  EXPECT_EQ(recorded.max_ns, static_cast<std::uint64_t>(each - 1));
}

TEST(latency_recorder, adds_distributions_of_other_processes_without_loss) {
  const std::vector<std::uint64_t> first = {5, 700, 1'000'000}, others = {700, 2'000'000'000, 63};
  std::vector<std::uint64_t> all = first;
  all.insert(all.end(), others.begin(), others.end());
  latency_recorder recorder(2);
  recorder.add(distribution_of(first));
  recorder.add(distribution_of(others));
  const latency_distribution sum = recorder.take();
  const latency_distribution together = distribution_of(all);
  EXPECT_EQ(sum.bins, together.bins);
  EXPECT_EQ(sum.max_ns, together.max_ns);
  EXPECT_DOUBLE_EQ(sum.mean_ns, together.mean_ns);
}

TEST(latency_distribution, merging_equals_recording_together) {
  latency_distribution merged = distribution_of({10, 20'000, 20'010});
  merged.merge(distribution_of({20'005, 9, 4'000'000}));
  const latency_distribution together = distribution_of({10, 20'000, 20'010, 20'005, 9, 4'000'000});
  EXPECT_EQ(merged.bins, together.bins);
  EXPECT_EQ(merged.max_ns, together.max_ns);
  EXPECT_DOUBLE_EQ(merged.mean_ns, together.mean_ns);
  latency_distribution empty;
  empty.merge({});
  EXPECT_TRUE(empty.bins.empty());
  empty.merge(together);
  EXPECT_EQ(empty, together);
}

}  // namespace
}  // namespace crossover
