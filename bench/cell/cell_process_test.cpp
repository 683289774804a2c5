#include "bench/cell/cell_process.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <cerrno>
#include <chrono>
#include <numeric>
#include <thread>

#include "bench/models/model.hpp"
#include "workloads/base/error.hpp"
#include "workloads/registry.hpp"
#include "workloads/servers/misbehaving_server.hpp"

namespace crossover {
namespace {

constexpr double timeout_s = 60;
const std::vector<std::string> cell_command = {CROSSOVER_PROGRAM, "cell"};

/// A workload and a model that can run it.
struct workload_and_model {
  const workload_type* workload;
  const model_type* model;
};
std::vector<workload_and_model> supported_pairs(bool open_loop) {
  std::vector<workload_and_model> all;
  for (const workload_type* type : all_workloads())
    for (const model_type* model : all_models()) {
      if (!model->program.empty()) continue;  // runs in another program, which has its own tests
      const parameter_values workload_values(type->name, type->parameters, {}),
          model_values(model->name, model->parameters, {});
      if (unsupported_reason(*model, {type, &workload_values, &model_values, 1, 1, open_loop})
              .empty())
        all.push_back({type, model});
    }
  return all;
}
std::string name_of(const ::testing::TestParamInfo<workload_and_model>& info) {
  return std::string(info.param.workload->name) + "_" + std::string(info.param.model->name);
}

/// A workload's server in its own process.
struct server {
  std::unique_ptr<child_process> process;
  std::string endpoint;
  explicit server(const workload_type& type) {
    if (target_of(type, parameter_values(type.name, type.parameters, {})) == target_kind::none)
      return;
    process = std::make_unique<child_process>(
        std::vector<std::string>{CROSSOVER_PROGRAM, "serve", std::string(type.name)});
    endpoint = process->read_line(child_process::duration(timeout_s))
                   .substr(std::string("listening ").size());
  }
};

cell_preparation preparation(const workload_and_model& pair, std::uint32_t in_flight,
                             const std::string& endpoint) {
  cell_preparation body;
  body.workload = pair.workload->name;
  body.model = pair.model->name;
  body.cores = {0};
  body.in_flight = in_flight;
  body.endpoint = endpoint;
  return body;
}

std::uint64_t sum(const std::vector<std::uint64_t>& shares) {
  return std::accumulate(shares.begin(), shares.end(), std::uint64_t{0});
}

class cells : public ::testing::TestWithParam<workload_and_model> {};
INSTANTIATE_TEST_SUITE_P(pairs, cells, ::testing::ValuesIn(supported_pairs(false)), name_of);

TEST_P(cells, run_the_requested_number_of_operations) {
  const server serving(*GetParam().workload);
  const std::string checksum =
      GetParam()
          .workload
          ->make(parameter_values(GetParam().workload->name, GetParam().workload->parameters, {}),
                 serving.endpoint)
          ->checksum();
  for (const std::uint32_t in_flight : {1U, 2U, 7U}) {
    cell_process cell(cell_command, timeout_s);
    cell.prepare(preparation(GetParam(), in_flight, serving.endpoint));
    for (const std::uint64_t operations : {20, 3}) {  // 3: some lanes have no share
      const sample s = cell.run({.operations = operations});
      EXPECT_EQ(s.operations, operations) << in_flight;
      EXPECT_EQ(sum(s.worker_operations), operations) << in_flight;
      EXPECT_GT(s.wall_s, 0);
      EXPECT_TRUE(s.errors.empty());
      EXPECT_EQ(s.checksum, checksum);
      // If operations are too short to time individually, possibly none of a few is timed.
      if (s.latency) {
        EXPECT_GT(s.latency->count(), 0U);
        EXPECT_LE(s.latency->count(), operations);
      }
      EXPECT_TRUE(operations == 3 || (s.latency && s.latency->count() == operations))
          << "every operation of the first run is timed";
      EXPECT_TRUE(s.cpu_user_s && s.cpu_system_s && s.voluntary_switches &&
                  s.involuntary_switches && s.minor_faults && s.major_faults && s.startup_s &&
                  s.setup_s && s.base_rss_bytes);
    }
    const pid_t pid = cell.pid();
    EXPECT_GT(cell.finish().value(), 0U);
    EXPECT_TRUE(::kill(-pid, 0) != 0 && errno == ESRCH) << "a process of the cell is left";
  }
}

TEST_P(cells, run_for_a_number_of_seconds) {
  const server serving(*GetParam().workload);
  cell_process cell(cell_command, timeout_s);
  cell.prepare(preparation(GetParam(), 3, serving.endpoint));
  double seconds = 0.05;
  sample s = cell.run({.seconds = seconds, .lead_s = 0.02});
  for (; s.operations == 0 && seconds < timeout_s / 4; s = cell.run({.seconds = seconds}))
    seconds *= 4;  // on a busy machine no operation may end in the window
  EXPECT_GE(s.operations, 1U);
  EXPECT_EQ(sum(s.worker_operations), s.operations);
  EXPECT_GE(s.wall_s, seconds);
  EXPECT_TRUE(s.start_s && s.drain_s);
}

class open_loop_cells : public ::testing::TestWithParam<workload_and_model> {};
INSTANTIATE_TEST_SUITE_P(pairs, open_loop_cells, ::testing::ValuesIn(supported_pairs(true)),
                         name_of);

TEST_P(open_loop_cells, start_the_scheduled_operations) {
  const server serving(*GetParam().workload);
  cell_process cell(cell_command, timeout_s);
  cell.prepare(preparation(GetParam(), 4, serving.endpoint));
  const sample s = cell.run({.seconds = 0.4, .rate = 50, .seed = 3});
  // About 20 intended starts (Poisson, s.d. 4.5); a busy machine may miss some of them.
  EXPECT_GE(s.operations, 3U);
  EXPECT_LE(s.operations, 45U);
  EXPECT_EQ(s.rate, 50.0);
  ASSERT_TRUE(s.arrivals && s.latency && s.service);
  EXPECT_GE(s.arrivals->due, 3U);
  EXPECT_LE(s.arrivals->begun, s.arrivals->due);
  EXPECT_LE(s.arrivals->late, s.arrivals->begun);
  EXPECT_EQ(s.latency->count(), s.arrivals->begun) << "also of those that end after the window";
  EXPECT_EQ(s.service->count(), s.arrivals->begun);
  EXPECT_GE(s.latency->mean_ns, s.service->mean_ns)
      << "the response time includes the service time";
}

/// Tests of `network` under every model that can run it.
class network_cells : public ::testing::TestWithParam<const model_type*> {};
std::vector<const model_type*> network_models() {
  std::vector<const model_type*> all;
  for (const auto& [type, model] : supported_pairs(false))
    if (type->name == "network") all.push_back(model);
  return all;
}
INSTANTIATE_TEST_SUITE_P(models, network_cells, ::testing::ValuesIn(network_models()),
                         [](const auto& test) { return std::string(test.param->name); });

/// Runs 12 operations against a misbehaving server. Returns the sample's counts, or the cell's
/// error.
std::string outcome(const model_type& model, misbehaviour kind, std::uint32_t in_flight) {
  const misbehaving_server serving(kind, 64);
  cell_process cell(cell_command, timeout_s);
  cell.prepare(preparation({&find_workload("network"), &model}, in_flight, serving.endpoint()));
  try {
    const sample s = cell.run({.operations = 12});
    std::string counts = std::to_string(s.operations) + " operations";
    for (const auto& [name, count] : s.errors) counts += ", " + std::to_string(count) + " " + name;
    return counts;
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), error_kind::failed);
    return e.what();
  }
}

TEST_P(network_cells, accept_echoes_in_pieces) {
  for (const std::uint32_t in_flight : {1U, 3U})
    EXPECT_EQ(outcome(*GetParam(), misbehaviour::pieces, in_flight), "12 operations");
}

TEST_P(network_cells, fail_on_wrong_echoes) {
  for (const std::uint32_t in_flight : {1U, 3U}) {
    EXPECT_EQ(outcome(*GetParam(), misbehaviour::wrong_byte, in_flight),
              "an echo differs from what was sent");
    EXPECT_EQ(outcome(*GetParam(), misbehaviour::stale, in_flight),
              "an echo differs from what was sent");
  }
}

TEST_P(network_cells, count_closed_connections_and_reconnect) {
  // Each connection serves one message and closes during the second.
  for (const std::uint32_t in_flight : {1U, 3U})
    EXPECT_EQ(outcome(*GetParam(), misbehaviour::close_in_message, in_flight),
              "6 operations, 6 receive:EOF");
}

TEST_P(network_cells, fail_if_no_operation_succeeds) {
  EXPECT_TRUE(
      outcome(*GetParam(), misbehaviour::close_at_once, 2).starts_with("no operation succeeded, "))
      << outcome(*GetParam(), misbehaviour::close_at_once, 2);
}

TEST(cell_process, a_hanging_cell_is_killed_with_its_workers) {
  cell_process cell(cell_command, 2);
  cell_preparation body = preparation({&find_workload("sleep"), &find_model("processes")}, 3, "");
  body.parameters = {{"delay", "60s"}};
  cell.prepare(body);
  const pid_t group = cell.pid();
  EXPECT_THROW(cell.run({.operations = 3}), error);
  for (int tries = 0; tries < 2000 && ::kill(-group, 0) == 0; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_TRUE(::kill(-group, 0) != 0 && errno == ESRCH);
}

/// Returns the error message if a cell process replies to its first request with `line`.
std::string error_of_reply(const std::string& line, error_kind kind = error_kind::failed) {
  cell_process cell({"/bin/sh", "-c", "read request; echo '" + line + "'; cat >/dev/null"},
                    timeout_s);
  try {
    cell.prepare(preparation({&find_workload("noop"), &find_model("serial")}, 1, ""));
    return "ready";
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), kind) << line;
    return e.what();
  }
}

TEST(cell_process, rejects_invalid_replies) {
  EXPECT_EQ(error_of_reply(R"({"ready":{"protocol":1}})"), "ready");
  EXPECT_EQ(error_of_reply("Welcome to node 7"),
            "invalid reply from the cell process (expected 'ready'): Welcome to node 7");
  EXPECT_EQ(error_of_reply(R"({"sample":{}})"),
            R"(invalid reply from the cell process (expected 'ready'): {"sample":{}})");
  EXPECT_EQ(error_of_reply(R"({"ready":1})"),
            R"(invalid reply from the cell process (expected 'ready'): {"ready":1})");
  EXPECT_EQ(error_of_reply("[]"), "invalid reply from the cell process (expected 'ready'): []");
  EXPECT_EQ(error_of_reply(R"({"ready":{"protocol":3}})"),
            "the cell process uses another protocol version (expected 2)");
  EXPECT_LT(error_of_reply(std::string(1000, 'x')).size(), 200U) << "a long line is shortened";
  EXPECT_TRUE(error_of_reply(R"({"ready":{"protocol":1,"environment":{"a":)" +
                             std::string(20'000, '[') + std::string(20'000, ']') + "}}}")
                  .starts_with("invalid reply from the cell process (expected 'ready'): "))
      << "nested too deep";
}

TEST(cell_process, rejects_members_of_the_wrong_type) {
  EXPECT_TRUE(error_of_reply(R"({"ready":{"protocol":"one"}})").starts_with("the cell process"))
      << error_of_reply(R"({"ready":{"protocol":"one"}})");
  EXPECT_TRUE(error_of_reply(R"({"error":{"kind":1,"message":2}})").starts_with("the cell"))
      << error_of_reply(R"({"error":{"kind":1,"message":2}})");
}

TEST(cell_process, errors_keep_their_kind_and_message) {
  EXPECT_EQ(error_of_reply(R"({"error":{"kind":"unsupported","message":"no loop here"}})",
                           error_kind::unsupported),
            "no loop here");
  EXPECT_EQ(error_of_reply(R"({"error":{"kind":"resource","message":"no memory"}})",
                           error_kind::resource),
            "no memory");
  EXPECT_EQ(
      error_of_reply(R"({"error":{"kind":"invalid","message":"unknown"}})", error_kind::invalid),
      "unknown");
  EXPECT_EQ(error_of_reply(R"({"error":{"kind":"newer","message":"unknown"}})"), "unknown");
  EXPECT_EQ(error_of_reply(R"({"error":{}})"), "the cell reported an error without a message");
}

TEST(cell_process, rejects_a_sample_without_time) {
  const auto outcome_of_sample = [](const std::string& reply) -> std::string {
    cell_process cell({"/bin/sh", "-c",
                       "read request; echo '{\"ready\":{\"protocol\":1}}'; read request; echo '" +
                           reply + "'; cat >/dev/null"},
                      timeout_s);
    cell.prepare(preparation({&find_workload("noop"), &find_model("serial")}, 1, ""));
    try {
      return std::to_string(cell.run({.seconds = 0.01}).operations);
    } catch (const error& e) {
      EXPECT_EQ(e.kind(), error_kind::failed);
      return e.what();
    }
  };
  EXPECT_EQ(outcome_of_sample(R"({"sample":{"operations":5,"wall_s":1}})"), "5");
  EXPECT_EQ(outcome_of_sample(R"({"sample":{"operations":5,"wall_s":0}})"),
            "invalid sample from the cell process: no time");
  EXPECT_EQ(outcome_of_sample(R"({"sample":{"operations":0,"wall_s":1}})"), "0")
      << "a window may be empty";
  EXPECT_EQ(outcome_of_sample(R"({"sample":{"wall_s":1}})"),
            "invalid reply from the cell process: sample: number 'operations' is missing");
  EXPECT_EQ(outcome_of_sample(R"({"sample":{"operations":-5,"wall_s":1}})"),
            "invalid reply from the cell process: operations: count is negative or too large");
}

}  // namespace
}  // namespace crossover
