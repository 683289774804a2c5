#include "reports/check/compare_files.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/check/sample_results.hpp"
#include "reports/statistics/binomial.hpp"
#include "reports/statistics/simulated_blocks.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

results plain(const std::string& rows) {
  return results_from_json(
      nlohmann::json::parse(R"({"context":{"num_cpus":2,"date":"today"},"benchmarks":[)" + rows +
                            "]}"),
      "file");
}

std::string row(const std::string& name, double time, const std::string& unit = "ns") {
  return R"({"name":")" + name + R"(","run_name":")" + name +
         R"(","run_type":"iteration","iterations":100,"real_time":)" + std::to_string(time) +
         R"(,"cpu_time":1.0,"time_unit":")" + unit + "\"}";
}

std::string message_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const error& e) {
    return e.what();
  }
  return "nothing thrown";
}

TEST(compare_files, matches_hand_computed_figures) {
  const results before =
      results_of({cell_of("same", about(1e-6)), cell_of("slower", about(1e-6)),
                  cell_of("faster", about(1e-6)), cell_of("between", about(1e-6))});
  const results after =
      results_of({cell_of("same", about(1e-6)), cell_of("slower", about(1.2e-6)),
                  cell_of("faster", about(0.8e-6)), cell_of("between", about(1.05e-6))});
  const check_result result = compare_files(before, after, {});
  ASSERT_EQ(result.cells.size(), 4u);
  EXPECT_EQ(result.cells[0].outcome, verdict::pass);
  EXPECT_EQ(result.cells[1].outcome, verdict::regression);
  EXPECT_NEAR(*result.cells[1].ratio, 1.2, 1e-9);
  EXPECT_EQ(result.cells[2].outcome, verdict::pass);
  EXPECT_TRUE(result.cells[2].improvement);
  EXPECT_EQ(result.cells[3].outcome, verdict::inconclusive);
  EXPECT_NE(result.cells[3].remedy.find("on the two programs"), std::string::npos)
      << result.cells[3].remedy;
  EXPECT_EQ(exit_code_of(result), 1);
  // The formula of the header: s of the ten values (of logs), v = s^2 (1 + 1/10) on both sides, so
  // 18 degrees of freedom.
  double mean = 0, squares = 0;
  for (const double s : about(1)) mean += std::log(s) / 10;
  for (const double s : about(1)) squares += std::pow(std::log(s) - mean, 2) / 9;
  const double scale = std::sqrt(2 * squares * 1.1);
  EXPECT_NEAR(*result.cells[0].sd, scale, 1e-12);
  EXPECT_NEAR(std::log(*result.cells[0].upper), 1.7340636 * scale, 1e-6) << "t(0.95, 18) = 1.7341";
  EXPECT_NE(result.notes.front().find("measured sequentially"), std::string::npos);
}

TEST(compare_files, identical_files_pass) {
  const results same = results_of({cell_of("a", about(1e-6)), cell_of("b", about(3e-3))});
  const check_result result = compare_files(same, same, {});
  EXPECT_EQ(exit_code_of(result), 0) << headline(result);
}

TEST(compare_files, lists_unmatched_cells_and_does_not_pass) {
  const results before = results_of(
      {cell_of("a", about(1)), cell_of("gone", about(1)), cell_of("breaks", about(1)),
       cell_of("skips", about(1)), cell_with_status(cell_status::failed, "broken", "refused"),
       cell_with_status(cell_status::failed, "mended", "refused"),
       cell_with_status(cell_status::skipped, "idle", "no database")});
  const results after = results_of({cell_of("a", about(1)), cell_of("new", about(1)),
                                    cell_with_status(cell_status::failed, "breaks", "wrong digest"),
                                    cell_with_status(cell_status::skipped, "skips", "no io_uring"),
                                    cell_with_status(cell_status::failed, "broken", "refused"),
                                    cell_of("mended", about(1)),
                                    cell_with_status(cell_status::skipped, "idle", "no database")});
  check_result result = compare_files(before, after, {});
  ASSERT_EQ(result.cells.size(), 1u);
  ASSERT_EQ(result.removed.size(), 2u);
  EXPECT_EQ(result.removed[0].name, "skips");
  EXPECT_EQ(result.removed[0].reason, "skipped now: no io_uring");
  EXPECT_EQ(result.removed[1].name, "gone");
  ASSERT_EQ(result.newly_failing.size(), 1u);
  EXPECT_EQ(result.newly_failing[0].reason, "wrong digest");
  EXPECT_EQ(result.failing.size(), 1u);
  EXPECT_EQ(result.added.size(), 2u);
  EXPECT_EQ(result.skipped.size(), 1u);
  EXPECT_EQ(exit_code_of(result), 1);
  result.newly_failing.clear();
  EXPECT_EQ(exit_code_of(result), 2) << "a removed cell";
  result.removed.clear();
  EXPECT_EQ(exit_code_of(result), 2) << "a cell that fails on both sides";
  result.failing.clear();
  EXPECT_EQ(exit_code_of(result), 0) << "new and skipped cells are only listed";
}

TEST(compare_files, rejects_files_without_common_cells) {
  file_options options;
  options.baseline_name = "a.json";
  options.candidate_name = "b.json";
  EXPECT_EQ(message_of([&] {
              compare_files(results_of({cell_of("a", about(1))}),
                            results_of({cell_of("b", about(1))}), options);
            }),
            "a.json and b.json: no cell in common (1 only in the baseline, 1 only in the "
            "candidate); compare "
            "runs of "
            "the same suite");
  EXPECT_THROW(compare_files(results_of({}), results_of({}), options), error);
}

TEST(compare_files, too_few_repetitions_report_the_minimum) {
  const check_result result = compare_files(results_of({cell_of("a", {1e-6})}),
                                            results_of({cell_of("a", {1.5e-6, 1.501e-6})}), {});
  EXPECT_EQ(result.cells[0].outcome, verdict::inconclusive);
  EXPECT_NE(result.cells[0].remedy.find("repetitions per side would decide it"), std::string::npos)
      << result.cells[0].remedy;
  EXPECT_FALSE(result.cells[0].upper);
  EXPECT_NEAR(*result.cells[0].ratio, std::sqrt(1.5 * 1.501), 1e-6);
}

TEST(compare_files, aggregates_only_is_inconclusive_with_remedy) {
  const std::string mean =
      R"({"name":"f_mean","run_name":"f","run_type":"aggregate","aggregate_name":"mean",)"
      R"("iterations":10,"real_time":5.0,"cpu_time":5.0,"time_unit":"ns"})";
  const check_result result = compare_files(plain(mean), plain(mean), {});
  EXPECT_EQ(exit_code_of(result), 2);
  bool remedy = false;
  for (const std::string& note : result.cells[0].notes)
    remedy |= note.find("--benchmark_report_aggregates_only") != std::string::npos;
  EXPECT_TRUE(remedy);
}

TEST(compare_files, plain_files_convert_units_and_add_the_process_floor) {
  std::string in_ns, in_us;
  for (int i = 0; i < 10; ++i) {
    in_ns += (i ? "," : "") + row("f", 1000 + i);
    in_us += (i ? "," : "") + row("f", (1000 + i) / 1000.0, "us");
  }
  const check_result result = compare_files(plain(in_ns), plain(in_us), {});
  EXPECT_NEAR(*result.cells[0].ratio, 1, 1e-9);
  EXPECT_EQ(result.cells[0].outcome, verdict::pass);
  EXPECT_GT(*result.cells[0].sd, 0.01 * std::sqrt(2.0)) << "the floor of both sides";
  EXPECT_EQ(result.notes.size(), 2u);
}

TEST(compare_files, orients_higher_is_better_metrics) {
  file_options options;
  options.metric = "throughput";
  const check_result result = compare_files(results_of({cell_of("a", about(1e-6))}),
                                            results_of({cell_of("a", about(1.3e-6))}), options);
  EXPECT_NEAR(*result.cells[0].ratio, 1.3, 1e-9);
  EXPECT_EQ(result.cells[0].outcome, verdict::regression);
}

TEST(compare_files, handles_unsuitable_metrics) {
  const results some = results_of({cell_of("a", about(1))});
  file_options options;
  options.metric = "cpu_share";
  EXPECT_NE(message_of([&] {
              compare_files(some, some, options);
            }).find("has no better direction; one of throughput, time"),
            std::string::npos);
  options.metric = "speed";
  EXPECT_NE(message_of([&] { compare_files(some, some, options); }).find("--metric speed: unknown"),
            std::string::npos);
  options.metric = "p99";
  const check_result unmeasured = compare_files(some, some, options);
  EXPECT_EQ(exit_code_of(unmeasured), 2);
  EXPECT_NE(unmeasured.cells[0].remedy.find("was not measured on either side"), std::string::npos);
  options.metric = "errors";
  const check_result no_errors = compare_files(some, some, options);
  EXPECT_EQ(exit_code_of(no_errors), 0);
  results failing = some;
  for (sample& s : failing.cells[0].samples) s.errors["read:ECONNRESET"] = 10;
  EXPECT_EQ(exit_code_of(compare_files(some, failing, options)), 1)
      << "judged by shares, because 0 has no ratio";
}

/// A copy of the cell with a share of failed operations in each of the first repetitions.
cell_result with_errors(cell_result cell, std::uint64_t failed, std::size_t repetitions) {
  for (std::size_t i = 0; i < repetitions; ++i) {
    cell.samples[i].errors["read:ECONNRESET"] = failed;
    cell.samples[i].operations = 1000 - failed;
    cell.samples[i].wall_s *= 1 - static_cast<double>(failed) / 1000;
  }
  return cell;
}

TEST(compare_files, candidate_that_fails_operations_is_a_regression) {
  const cell_result cell = cell_of("a", about(1e-6));
  const check_result result =
      compare_files(results_of({cell}), results_of({with_errors(cell, 900, 10)}), {});
  EXPECT_NEAR(*result.cells[0].ratio, 1, 1e-9) << "the time of those that succeed is the same";
  EXPECT_EQ(result.cells[0].outcome, verdict::regression);
  ASSERT_EQ(result.cells[0].quantities.size(), 1u);
  EXPECT_LT(*result.cells[0].quantities[0].adjusted_p, 0.001);
  EXPECT_EQ(regression_text(result.cells[0], 0.01), "90 % of operations fail, 0 % in the baseline");
  EXPECT_EQ(compare_files(results_of({with_errors(cell, 900, 10)}), results_of({cell}), {})
                .cells[0]
                .outcome,
            verdict::pass)
      << "fewer failures";
}

TEST(compare_files, excess_of_errors_forbids_a_pass) {
  const cell_result cell = cell_of("a", about(1e-6));
  const check_result result =
      compare_files(results_of({cell}), results_of({with_errors(cell, 1, 1)}), {});
  EXPECT_EQ(result.cells[0].outcome, verdict::inconclusive);
  EXPECT_NE(result.cells[0].remedy.find("0.01 % of operations fail, 0 % in the baseline"),
            std::string::npos)
      << result.cells[0].remedy;
  const results failing = results_of({with_errors(cell, 10, 10)});
  EXPECT_EQ(exit_code_of(compare_files(failing, failing, {})), 0) << "no excess";
}

TEST(compare_files, cells_without_errors_take_no_share_of_the_rate) {
  const results clean = results_of({cell_of("a", about(1e-6)), cell_of("b", about(1e-6))});
  results failing = clean;
  failing.cells[1] = with_errors(failing.cells[1], 10, 10);
  const auto first_p = [&](const results& after) {
    const cell_comparison cell = compare_files(clean, after, {}).cells[0];
    return *cell.adjusted_p / *cell.p;
  };
  results slower = clean;
  slower.cells[0] = cell_of("a", about(1.1e-6));
  EXPECT_DOUBLE_EQ(first_p(slower), 2) << "two hypotheses, this one first";
  slower.cells[1] = failing.cells[1];
  EXPECT_DOUBLE_EQ(first_p(slower), 3);
}

TEST(compare_files, improvement_has_the_error_rate_of_a_regression) {
  std::vector<cell_result> before, after;
  for (int i = 0; i < 20; ++i) {
    before.push_back(cell_of("cell/" + std::to_string(i), about(1e-6)));
    after.push_back(before.back());
  }
  after[0] = cell_of("cell/0", about(0.963e-6));
  const check_result result = compare_files(results_of(before), results_of(after), {});
  EXPECT_LT(*result.cells[0].upper, 1 / 1.01) << "better if it were the only cell";
  EXPECT_FALSE(result.cells[0].improvement) << "not among 20 cells";
}

TEST(compare_files, judges_deterministic_metrics) {
  results before = results_of({cell_of("a", about(1))}), after = before;
  for (sample& s : before.cells[0].samples) s.peak_rss_bytes = 1000;
  for (sample& s : after.cells[0].samples) s.peak_rss_bytes = 1200;
  file_options options;
  options.metric = "memory";
  EXPECT_EQ(exit_code_of(compare_files(before, after, options)), 1);
  EXPECT_EQ(exit_code_of(compare_files(before, before, options)), 0);
}

TEST(compare_files, differing_environments_are_inconclusive_unless_allowed) {
  const results before = results_of({cell_of("a", about(1e-6))});
  results after = results_of({cell_of("a", about(2e-6))});
  after.environment["cpu_model"] = "another CPU";
  after.environment["host"] = "elsewhere";
  const check_result refused = compare_files(before, after, {});
  EXPECT_EQ(exit_code_of(refused), 2);
  ASSERT_EQ(refused.environment.size(), 1u) << "the host name is ignored";
  EXPECT_EQ(refused.environment[0].key, "cpu_model");
  EXPECT_NE(refused.cells[0].remedy.find("--allow-different-environment"), std::string::npos);
  file_options options;
  options.allow_different_environment = true;
  EXPECT_EQ(exit_code_of(compare_files(before, after, options)), 1);
  after.environment = before.environment;
  after.environment.erase("governor");
  EXPECT_EQ(environment_differences(before, after).size(), 1u) << "a key that one side lacks";
}

TEST(compare_files, applies_thresholds_per_cell_and_notes_unused_ones) {
  file_options options;
  options.per_cell = thresholds_from_json(
      nlohmann::json::parse(R"({"thresholds":[{"cells":"a*","tolerate":"30%","detect":"50%"},)"
                            R"({"cells":"typo","detect":"9%"}]})"),
      "t");
  const check_result result = compare_files(results_of({cell_of("a/b", about(1e-6))}),
                                            results_of({cell_of("a/b", about(1.2e-6))}), options);
  EXPECT_EQ(result.cells[0].outcome, verdict::pass);
  EXPECT_EQ(result.notes.back(), "thresholds: 'typo' matches no compared cell");
}

TEST(compare_files, compares_mixed_files_only_if_allowed) {
  results ours = results_of({cell_of("f", about(1e-6))});
  std::string rows;
  for (const double s : about(1000)) rows += (rows.empty() ? "" : ",") + row("f", s);
  EXPECT_EQ(exit_code_of(compare_files(ours, plain(rows), {})), 2);
  file_options options;
  options.allow_different_environment = true;
  EXPECT_EQ(exit_code_of(compare_files(ours, plain(rows), options)), 0);
}

TEST(holm, matches_hand_computed_values) {
  const std::vector<double> adjusted = holm_adjusted({0.01, 0.04, 0.03});
  EXPECT_DOUBLE_EQ(adjusted[0], 0.03);
  EXPECT_DOUBLE_EQ(adjusted[1], 0.06);
  EXPECT_DOUBLE_EQ(adjusted[2], 0.06);
}

/// Runs of 10 repetitions of 20 unchanged cells, with a machine state that differs from run to run
/// as much as repetitions do: the formula's assumption holds, so its error rate must hold too.
TEST(compare_files, bounds_false_alarms_if_runs_scatter_like_repetitions) {
  block_simulator noise(noise_kind::normal, 1, 71);
  unsigned alarms = 0;
  const unsigned suites = 1'000;
  for (unsigned suite = 0; suite < suites; ++suite) {
    results sides[2];
    for (results& side : sides) {
      side = results_of({});
      for (int c = 0; c < 20; ++c) {
        const double state = 0.01 * noise.normal();
        std::vector<double> seconds;
        for (int i = 0; i < 10; ++i)
          seconds.push_back(1e-6 * std::exp(state + 0.01 * noise.normal()));
        side.cells.push_back(cell_of("cell/" + std::to_string(c), seconds));
      }
    }
    file_options options;
    options.rates.tolerate = 0;
    alarms += exit_code_of(compare_files(sides[0], sides[1], options)) == 1;
  }
  EXPECT_LE(clopper_pearson(alarms, suites, 0.999).lower, 0.01) << alarms;
}

}  // namespace
}  // namespace crossover
