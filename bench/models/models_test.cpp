#include <gtest/gtest.h>

#include <numeric>
#include <set>
#include <thread>

#include "bench/models/model.hpp"
#include "bench/models/worker_team.hpp"
#include "workloads/async_form.hpp"

namespace crossover {
namespace {

constexpr std::array made_up_parameters = {
    parameter{"error_every", parameter_kind::count, "0", 0, 1'000'000},  // 0: never
    parameter{"wrong_at", parameter_kind::count, "0", 0, 1'000'000},
};

struct counting_lane final : lane {
  std::uint64_t turn = 0;
};

/// A workload that fails every n-th operation of a lane and returns one wrong result.
class made_up : public workload {
 public:
  explicit made_up(const parameter_values& values)
      : error_every_(values.number("error_every")), wrong_at_(values.number("wrong_at")) {}
  std::unique_ptr<lane> open_lane(std::uint32_t) override {
    return std::make_unique<counting_lane>();
  }
  void run_blocking(lane& state) override { take_turn(state); }

 protected:
  void take_turn(lane& state) const {
    const std::uint64_t turn = ++static_cast<counting_lane&>(state).turn;
    if (turn == wrong_at_) throw error(error_kind::failed, "a made-up result is wrong");
    if (error_every_ != 0 && turn % error_every_ == 0) throw operation_error("made-up", ECONNRESET);
  }

 private:
  std::uint64_t error_every_, wrong_at_;
};

/// `made_up` with an asynchronous form.
class made_up_async final : public made_up, public async_form {
 public:
  using made_up::made_up;
  async_form* async() override { return this; }
  std::unique_ptr<lane> open_async_lane(boost::asio::io_context&, std::uint32_t number) override {
    return open_lane(number);
  }
  awaitable_operation run_async(lane& state) override {
    take_turn(state);
    co_return;
  }
};

template <typename Workload>
workload_type type_named(std::string_view name) {
  return {
      .name = name,
      .summary = "made up for a test",
      .parameters = made_up_parameters,
      .make = [](const parameter_values& values, const std::string&) -> std::unique_ptr<workload> {
        return std::make_unique<Workload>(values);
      },
      .min_operation_s = [](const parameter_values&) { return 0.0; },
      .start_server = nullptr};
}

const workload_type blocking_type = type_named<made_up>("made_up");
const workload_type async_type = type_named<made_up_async>("made_up_async");

std::uint64_t operations_in(const std::vector<std::uint64_t>& shares) {
  return std::accumulate(shares.begin(), shares.end(), std::uint64_t{0});
}

/// Every model with every form of the made-up workload that it supports; `reference` supports only
/// known workloads.
struct model_and_type {
  const model_type* model;
  const workload_type* type;
};
std::vector<model_and_type> model_pairs() {
  std::vector<model_and_type> all;
  for (const model_type* model : all_models())
    for (const workload_type* type : {&blocking_type, &async_type}) {
      if (!model->program.empty()) continue;
      const parameter_values workload_values(type->name, type->parameters, {}),
          model_values(model->name, model->parameters, {});
      if (unsupported_reason(*model, {type, &workload_values, &model_values, 1, 2, false}).empty())
        all.push_back({model, type});
    }
  return all;
}

class models : public ::testing::TestWithParam<model_and_type> {
 protected:
  /// Runs a few operations first: oneTBB may take 0.1 s to start the threads of the second arena in
  /// one process. A cell process has one arena, and a warm-up.
  static void warm_up(model& m) { m.run({.operations = 30}); }

  std::unique_ptr<model> prepare_model(std::map<std::string, std::string> workload_options,
                                       std::uint32_t in_flight = 3) const {
    const auto& [m, type] = GetParam();
    return m->prepare(
        {.type = type,
         .workload_values = parameter_values(type->name, type->parameters, workload_options),
         .endpoint = "",
         .model_values = parameter_values(m->name, m->parameters, {}),
         .cpus = {0},
         .in_flight = m->one_at_a_time ? 1 : in_flight});
  }
};
INSTANTIATE_TEST_SUITE_P(model_pairs, models, ::testing::ValuesIn(model_pairs()),
                         [](const auto& named) {
                           return std::string(named.param.model->name) + "_" +
                                  std::string(named.param.type->name);
                         });

TEST_P(models, run_the_requested_number_of_operations_in_every_run) {
  const auto m = prepare_model({});
  for (const std::uint64_t operations : {1, 2, 100, 1}) {
    const run_outcome outcome = m->run({.operations = operations});
    EXPECT_EQ(operations_in(outcome.worker_operations), operations);
    EXPECT_EQ(outcome.latency.count(), operations) << "counts start at 0 in each run";
    EXPECT_TRUE(outcome.errors.empty());
    EXPECT_GT(outcome.end_ns, outcome.begin_ns);
  }
}

TEST_P(models, count_errors_separately_and_continue) {
  const auto m = prepare_model({{"error_every", "4"}}, 1);
  const run_outcome outcome = m->run({.operations = 40});
  EXPECT_EQ(operations_in(outcome.worker_operations), 30U);
  EXPECT_EQ(outcome.errors, (std::map<std::string, std::uint64_t>{{"made-up:ECONNRESET", 10}}));
  EXPECT_EQ(outcome.latency.count(), 30U);
}

TEST_P(models, stop_after_the_window_if_every_operation_fails) {
  const auto m = prepare_model({{"error_every", "1"}});
  warm_up(*m);
  const run_outcome outcome = m->run({.window_ns = 100'000'000});
  EXPECT_EQ(operations_in(outcome.worker_operations), 0U);
  EXPECT_GE(outcome.errors.at("made-up:ECONNRESET"), 1U);
}

TEST_P(models, fail_on_a_wrong_result) {
  const auto m = prepare_model({{"wrong_at", "3"}});
  try {
    m->run({.operations = 100});
    FAIL() << "wrong result not detected";
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), error_kind::failed);
    EXPECT_STREQ(e.what(), "a made-up result is wrong");
  }
}

TEST_P(models, stop_after_the_window) {
  const auto m = prepare_model({});
  warm_up(*m);
  const run_outcome outcome = m->run({.window_ns = 100'000'000});
  EXPECT_GE(operations_in(outcome.worker_operations), 1U);
  EXPECT_GE(outcome.end_ns - outcome.begin_ns, 100'000'000) << "the window has its full length";
  EXPECT_GE(outcome.start_s, 0);
  EXPECT_GE(outcome.drain_s, 0);
}

TEST_P(models, count_what_ends_in_the_window_only) {
  const auto m = prepare_model({});
  warm_up(*m);
  const run_outcome outcome =
      m->run({.window_ns = 100'000'000, .lead_ns = 10'000'000, .stagger_ns = 5'000'000});
  const std::uint64_t counted = operations_in(outcome.worker_operations);
  EXPECT_GE(counted, 1U);
  EXPECT_GT(outcome.used.cpu_user_s + outcome.used.cpu_system_s, 0);
  // The observer reads the counters, the workers record latencies by the phase: they agree but for
  // what ends between the two, which is more if another program takes the CPU just then.
  EXPECT_NEAR(static_cast<double>(outcome.latency.count()), static_cast<double>(counted),
              12 + 0.5 * static_cast<double>(counted));
}

TEST_P(models, count_operations_per_10_ms_on_request) {
  const auto m = prepare_model({});
  warm_up(*m);
  const run_outcome outcome = m->run({.window_ns = 50'000'000, .series = true});
  EXPECT_EQ(outcome.series.size(), 5U);
  EXPECT_NEAR(static_cast<double>(operations_in(outcome.series)),
              static_cast<double>(operations_in(outcome.worker_operations)),
              0.2 * static_cast<double>(operations_in(outcome.worker_operations)) + 10);
}

TEST_P(models, time_one_operation_per_sampling_interval) {
  const auto m = prepare_model({}, 2);
  const run_outcome outcome = m->run({.operations = 6400, .sampling_interval = 16});
  EXPECT_EQ(operations_in(outcome.worker_operations), 6400U);
  // 6400 / 16, drawn at random.
  EXPECT_NEAR(static_cast<double>(outcome.latency.count()), 400, 70);
}

TEST(model_table, names_are_unique_and_can_be_looked_up) {
  std::set<std::string_view> names;
  for (const model_type* type : all_models()) {
    EXPECT_TRUE(names.insert(type->name).second) << type->name;
    EXPECT_EQ(&find_model(type->name), type);
    EXPECT_NO_THROW(parameter_values(type->name, type->parameters, {})) << type->name;
  }
  for (const char* promised :
       {"serial", "event_loop", "shared_loop", "thread_pool", "processes", "reference"})
    EXPECT_TRUE(names.contains(promised)) << promised;
}

TEST(model_table, unknown_name_suggests_the_nearest) {
  try {
    find_model("threadpool");
    FAIL() << "no error";
  } catch (const error& e) {
    EXPECT_TRUE(std::string(e.what()).starts_with(
        "unknown model 'threadpool': did you mean 'thread_pool'?"))
        << e.what();
  }
}

TEST(worker_team, rethrows_a_workers_exception_and_can_run_again) {
  worker_team team({0, 0, 0});
  ASSERT_EQ(team.size(), 3U);
  for (const std::uint32_t bad : {0U, 2U}) {
    std::atomic<int> ran = 0;
    EXPECT_THROW(team.run([&](std::uint32_t i) {
      ++ran;
      if (i == bad) throw error(error_kind::failed, "one worker failed");
    }),
                 error);
    EXPECT_EQ(ran, 3);
    team.run([&](std::uint32_t) { ++ran; });
    EXPECT_EQ(ran, 6);
  }
}

TEST(worker_team, unbound_team_runs_its_threads_and_not_the_caller) {
  worker_team team(worker_team::unbound{3});
  ASSERT_EQ(team.size(), 3U);
  std::vector<std::thread::id> ids(team.size());
  team.run([&](std::uint32_t i) { ids[i] = std::this_thread::get_id(); });
  const std::set<std::thread::id> distinct(ids.begin(), ids.end());
  EXPECT_EQ(distinct.size(), 3U);
  EXPECT_FALSE(distinct.contains(std::this_thread::get_id()));
  EXPECT_FALSE(distinct.contains(std::thread::id()));
  EXPECT_THROW(team.run([](std::uint32_t i) {
    if (i == 1) throw error(error_kind::failed, "one worker failed");
  }),
               error);
}

TEST(worker_team, reports_a_missing_cpu) {
  EXPECT_THROW(bind_to_cpus({4095}), error);
  worker_team team({0, 4095});
  EXPECT_THROW(team.run([](std::uint32_t) {}), error);
}

}  // namespace
}  // namespace crossover
