#include "bench/results/sample_spool.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

#include "bench/results/document_for_test.hpp"
#include "bench/results/metrics.hpp"

namespace crossover {
namespace {

latency_distribution distribution_for_test(std::mt19937_64& random) {
  latency_distribution latency;
  for (std::uint64_t i = 0, bins = random() % 100; i < bins; ++i)
    latency.bins.push_back({64 * i, 64 * i + 64, 1 + random() % 50 * (random() % 50)});
  latency.max_ns = latency.bins.empty() ? 0 : latency.bins.back().upper_ns - 7;
  latency.mean_ns = 123.25;
  return latency;
}

sample measured_sample(std::mt19937_64& random) {
  sample s;
  s.operations = 1 + random() % 1000;
  s.wall_s = 0.1;
  s.cpu_user_s = 0.0625;
  s.series = {1, 2};
  s.latency = distribution_for_test(random);
  s.service = distribution_for_test(random);
  s.errors = {{"read:ECONNRESET", 1}};
  s.worker_operations = std::vector<std::uint64_t>(100, 7);
  s.checksum = "\xff of a program";
  s.arrivals = arrival_counts{3, 2, 1};
  s.counters = {{"items_per_second", 5}, {"unknown", std::numeric_limits<double>::quiet_NaN()}};
  s.peak_rss_bytes = 1 << 20;
  s.block = random() % 1000;
  return s;
}

results measured_results(std::mt19937_64& random) {
  results all;
  for (const char* const name : {"first", "empty", "failed"}) {
    cell_result& cell = all.cells.emplace_back();
    cell.name = name;
    cell.cores = 2;
    cell.in_flight = 4;
    for (int i = 0; i < 3 && name != std::string("empty"); ++i)
      cell.samples.push_back(measured_sample(random));
  }
  all.cells.back().status = cell_status::failed;
  all.cells.back().samples.back().operations = 0;
  all.aggregates = {R"({"name": "first_mean"})"};
  return all;
}

std::string text_with(const sample_spool& spool, const results& all) {
  std::string text;
  write_document(
      all, document_content::everything, file_indent,
      [&text](std::string_view piece) { text += piece; }, &spool);
  return text + "\n";
}

bool is_reduced(const sample& s) {
  return s.latency->bins.size() <= 5 && !s.service && s.worker_operations.empty();
}

TEST(sample_spool, document_is_that_of_the_whole_samples) {
  std::mt19937_64 random(1);
  results all = measured_results(random);
  sample_spool spool(::testing::TempDir());
  EXPECT_EQ(text_with(spool, all), document_text(all));
  for (int blocks = 0; blocks < 3; ++blocks) {
    results whole = all;  // those that were stored before are reduced in both
    for (const std::size_t cell : {0u, 1u, 0u}) {
      whole.cells[cell].samples.push_back(measured_sample(random));
      all.cells[cell].samples.push_back(whole.cells[cell].samples.back());
    }
    const std::string expected = text_with(spool, whole);
    spool.store_new(all);
    EXPECT_EQ(text_with(spool, all), expected);
    for (const cell_result& cell : all.cells)
      for (const sample& s : cell.samples) EXPECT_TRUE(is_reduced(s));
  }
}

TEST(sample_spool, without_a_disk_the_samples_stay_whole) {
  std::mt19937_64 random(2);
  results all = measured_results(random);
  const std::string expected = document_text(all);
  sample_spool spool("/nonexistent");
  spool.store_new(all);
  EXPECT_EQ(text_with(spool, all), expected);
  EXPECT_FALSE(is_reduced(all.cells[0].samples[0]));
}

TEST(sample_spool, metrics_of_a_stored_sample_are_those_of_the_whole_one) {
  std::mt19937_64 random(3);
  results all;
  all.cells.resize(1);
  all.cells[0].cores = all.cells[0].in_flight = 1;
  for (int i = 0; i < 200; ++i) all.cells[0].samples.push_back(measured_sample(random));
  const results whole = all;
  sample_spool spool(::testing::TempDir());
  spool.store_new(all);
  for (std::size_t i = 0; i < whole.cells[0].samples.size(); ++i)
    for (const metric& m : all_metrics())
      EXPECT_EQ(m.extract(all.cells[0], all.cells[0].samples[i]),
                m.extract(whole.cells[0], whole.cells[0].samples[i]))
          << m.id;
}

}  // namespace
}  // namespace crossover
