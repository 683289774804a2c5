#include "bench/measure/findings.hpp"

#include <gtest/gtest.h>

#include "bench/results/findings.hpp"

namespace crossover {
namespace {

planned_cell cell_with(std::uint32_t cores, std::uint32_t in_flight) {
  planned_cell cell;
  cell.name = "example";
  cell.cores = cores;
  cell.in_flight = in_flight;
  return cell;
}

/// Returns a sample that obeys Little's law: `in_flight` lanes, busy all the time.
sample sound_sample(std::uint64_t operations, double wall_s, std::uint32_t in_flight) {
  sample s;
  s.operations = operations;
  s.wall_s = wall_s;
  const double latency_ns = wall_s * in_flight / static_cast<double>(operations) * 1e9;
  const auto ns = static_cast<std::uint64_t>(latency_ns);
  s.latency = latency_distribution{{{ns, ns + 1, operations}}, ns, latency_ns, 1};
  return s;
}

std::vector<std::string> codes_of(const planned_cell& cell, const sample& s) {
  std::vector<std::string> codes;
  for (const finding& f : findings_of(cell, std::vector<sample>{s})) codes.push_back(f.code);
  return codes;
}

using codes = std::vector<std::string>;

TEST(findings, a_sound_sample_has_none) {
  EXPECT_EQ(codes_of(cell_with(1, 64), sound_sample(10'000, 0.2, 64)), codes{});
  sample bare;
  bare.operations = 1;
  bare.wall_s = 1;
  EXPECT_EQ(codes_of(cell_with(1, 1), bare), codes{}) << "absent values give no findings";
}

TEST(findings, a_busy_server_is_reported) {
  sample s = sound_sample(10'000, 0.2, 64);
  s.server_cpus = 2;
  s.server_cpu_s = 0.35;
  EXPECT_EQ(codes_of(cell_with(1, 64), s), codes{});
  s.server_cpu_s = 0.37;
  EXPECT_EQ(codes_of(cell_with(1, 64), s), codes{"server_bound"});
  EXPECT_NE(findings_of(cell_with(1, 64), {s})[0].detail.find("92 %"), std::string::npos);
}

TEST(findings, steal_is_relative_to_all_cores_of_the_cell) {
  sample s = sound_sample(10'000, 1, 64);
  s.steal_s = 0.03;
  EXPECT_EQ(codes_of(cell_with(1, 64), s), codes{"steal"});
  EXPECT_EQ(codes_of(cell_with(2, 64), s), codes{});
}

TEST(findings, errors_are_summed_and_the_main_one_is_named) {
  sample s = sound_sample(10'000, 1, 1);
  s.errors = {{"connect:ECONNREFUSED", 2}, {"receive:EOF", 5}};
  const auto findings = findings_of(cell_with(1, 1), {s});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0],
            (finding{"errors", "7 of 10007 operations ended in error, mostly receive:EOF"}));
}

TEST(findings, an_open_loop_behind_schedule_is_reported) {
  sample s = sound_sample(1000, 1, 8);
  s.rate = 1000;
  s.arrivals = {1000, 990, 10};
  EXPECT_EQ(codes_of(cell_with(1, 8), s), codes{});
  s.arrivals = {1000, 990, 11};
  EXPECT_EQ(findings_of(cell_with(1, 8), {s}),
            (std::vector<finding>{
                {"behind_schedule", "of 1000 arrivals, 11 were begun late and 10 never"}}));
}

TEST(findings, littles_law_detects_unmeasured_waiting) {
  sample s = sound_sample(100'000, 1, 64);
  s.latency->mean_ns *= 0.8;
  EXPECT_EQ(codes_of(cell_with(1, 64), s), codes{"littles_law"});
  s.rate = 1e5;
  s.arrivals = {100'000, 100'000, 0};
  EXPECT_EQ(codes_of(cell_with(1, 64), s), codes{}) << "checked for closed loops only";
}

TEST(findings, less_than_three_ticks_are_not_steal) {
  sample s = sound_sample(1000, 0.1, 64);
  s.steal_s = 0.02;  // 20 %, but two ticks
  EXPECT_EQ(codes_of(cell_with(1, 64), s), codes{});
  EXPECT_EQ(findings_of(cell_with(1, 64), {s, s})[0].code, "steal") << "pooled over the blocks";
}

TEST(findings, the_worst_block_is_named) {
  sample quiet = sound_sample(10'000, 1, 64), busy = quiet;
  quiet.block = 3;
  quiet.block_s = busy.block_s = 1;
  quiet.foreign_cpu_s = 0;
  busy.block = 4;
  busy.foreign_cpu_s = 500;
  const auto findings = findings_of(cell_with(1, 64), {quiet, busy});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].code, "foreign_load");
  EXPECT_NE(findings[0].detail.find("most in block 4"), std::string::npos) << findings[0].detail;
}

TEST(findings, slow_machine_is_reported_if_most_blocks_are_slow) {
  sample fast = sound_sample(10'000, 1, 64), slow = fast;
  fast.slowness = 1.01;
  slow.slowness = 1.08;
  slow.block = 7;
  EXPECT_EQ(findings_of(cell_with(1, 64), {fast, slow}), std::vector<finding>{});
  const auto findings = findings_of(cell_with(1, 64), {fast, slow, slow});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].code, "slow_machine");
}

TEST(findings, blocks_that_scatter_widely_are_unstable) {
  const std::vector<sample> blocks = {sound_sample(10'000, 1, 64), sound_sample(10'000, 1, 64),
                                      sound_sample(6'000, 1, 64), sound_sample(13'000, 1, 64)};
  ASSERT_EQ(findings_of(cell_with(1, 64), blocks).size(), 1U);
  EXPECT_EQ(findings_of(cell_with(1, 64), blocks)[0].code, "unstable");
}

TEST(finding_table, every_detected_code_has_a_row) {
  for (const char* code : {"server_bound", "shared_cores", "errors", "above_ceiling", "littles_law",
                           "behind_schedule", "not_idle", "split", "no_window", "steal",
                           "foreign_load", "slow_machine", "throttled", "pressure", "unstable"})
    EXPECT_NE(find_finding(code), nullptr) << code;
  EXPECT_EQ(find_finding("no such finding"), nullptr);
}

cell_result result_with(const std::string& model, std::uint32_t cores,
                        std::initializer_list<std::uint64_t> operations, double cpu_share = 1) {
  cell_result cell;
  cell.name = model + "/" + std::to_string(cores);
  cell.workload = "hashing";
  cell.model = model;
  cell.cores = cores;
  cell.in_flight = 4;
  for (const std::uint64_t count : operations) {
    sample s;
    s.operations = count;
    s.wall_s = 1;
    s.cpu_user_s = cpu_share;
    s.cpu_system_s = 0;
    cell.samples.push_back(s);
  }
  return cell;
}

TEST(ceilings, throughput_above_in_flight_over_delay_fails) {
  results all;
  all.cells = {result_with("event_loop", 1, {1500, 1600}),
               result_with("thread_pool", 1, {1000, 1600})};
  for (cell_result& cell : all.cells) cell.ceiling = 1000;
  judge_ceilings(all);
  EXPECT_EQ(all.cells[0].status, cell_status::failed);
  EXPECT_NE(all.cells[0].reason.find("work was skipped"), std::string::npos);
  EXPECT_EQ(all.cells[0].findings.at(0).code, "above_ceiling");
  EXPECT_EQ(all.cells[1].status, cell_status::ok) << "fails only if every repetition is above it";
}

// Four lanes with a delay of 10 ms: each window of 40 ms may have five operations of each.
TEST(ceilings, edges_of_windows_are_not_skipped_work) {
  results all;
  all.cells = {result_with("thread_pool", 1, {500}), result_with("event_loop", 1, {510})};
  for (cell_result& cell : all.cells) cell.ceiling = 400;
  judge_ceilings(all);
  EXPECT_EQ(all.cells[0].status, cell_status::ok);
  EXPECT_EQ(all.cells[1].status, cell_status::failed);
}

TEST(ceilings, compute_bound_speedup_above_the_core_count_fails) {
  results all;
  all.cells = {result_with("reference", 1, {1000, 1010}),
               result_with("thread_pool", 2, {2000, 2400}),
               result_with("processes", 2, {3000, 2900})};
  judge_ceilings(all);
  EXPECT_EQ(all.cells[0].status, cell_status::ok);
  EXPECT_EQ(all.cells[1].status, cell_status::ok);
  EXPECT_EQ(all.cells[2].status, cell_status::failed);
}

TEST(ceilings, waiting_work_may_scale_beyond_the_core_count) {
  results all;
  all.cells = {result_with("reference", 1, {1000}, 0.3), result_with("processes", 2, {9000})};
  judge_ceilings(all);
  EXPECT_EQ(all.cells[1].status, cell_status::ok);
}

TEST(ceilings, cells_with_other_parameters_are_not_compared) {
  results all;
  all.cells = {result_with("reference", 1, {1000}), result_with("processes", 2, {9000})};
  all.cells[1].parameters = {{"bytes", "1KiB"}};
  judge_ceilings(all);
  EXPECT_EQ(all.cells[1].status, cell_status::ok);
}

TEST(ceilings, cells_without_samples_are_unchanged) {
  results all;
  all.cells = {result_with("event_loop", 2, {})};
  all.cells[0].ceiling = 1;
  all.cells[0].status = cell_status::skipped;
  judge_ceilings(all);
  EXPECT_EQ(all.cells[0].status, cell_status::skipped);
}

}  // namespace
}  // namespace crossover
