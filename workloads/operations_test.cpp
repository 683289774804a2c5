#include <gtest/gtest.h>

#include <chrono>
#include <exception>

#include "workloads/async_form.hpp"
#include "workloads/registry.hpp"
#include "workloads/run_async_for_test.hpp"
#include "workloads/servers/misbehaving_server.hpp"

namespace crossover {
namespace {

using steady_clock = std::chrono::steady_clock;
constexpr std::uint64_t message_bytes = 64;

/// The two forms of a workload's operation.
enum class form { blocking, async };

std::unique_ptr<workload> make(std::string_view name,
                               const std::map<std::string, std::string>& parameters = {},
                               const std::string& endpoint = "") {
  const workload_type& type = find_workload(name);
  return type.make(parameter_values(name, type.parameters, parameters), endpoint);
}

/// Opens lane `number` and runs `times` operations on it. Throws what an operation throws;
/// `succeeded` is the number of operations before that.
void operate(workload& work, form chosen, int times, int* succeeded = nullptr,
             std::uint32_t number = 3) {
  int ignored = 0;
  int& count = succeeded != nullptr ? *succeeded : ignored;
  if (chosen == form::blocking) {
    const auto lane = work.open_lane(number);
    for (int i = 0; i < times; ++i, ++count) work.run_blocking(*lane);
    return;
  }
  boost::asio::io_context loop(1);
  const auto lane = work.async()->open_async_lane(loop, number);
  for (int i = 0; i < times; ++i, ++count) run_on(loop, work.async()->run_async(*lane));
}

class operations : public ::testing::TestWithParam<form> {};
INSTANTIATE_TEST_SUITE_P(forms, operations, ::testing::Values(form::blocking, form::async),
                         [](const auto& test) {
                           return test.param == form::blocking ? "blocking" : "async";
                         });

TEST_P(operations, sleep_lasts_at_least_its_delay) {
  const auto work = make("sleep", {{"delay", "3ms"}});
  const auto start = steady_clock::now();
  operate(*work, GetParam(), 4);
  EXPECT_GE(steady_clock::now() - start, std::chrono::milliseconds(12));
}

TEST_P(operations, command_is_run_and_its_status_checked) {
  EXPECT_NO_THROW(operate(*make("command", {{"run", "sh -c 'exit 0'"}}), GetParam(), 3));
  try {
    operate(*make("command", {{"run", "sh -c 'echo no paper >&2; exit 3'"}}), GetParam(), 1);
    FAIL() << "status 3 was accepted";
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), error_kind::failed);
    EXPECT_STREQ(e.what(),
                 "'sh -c 'echo no paper >&2; exit 3'' exited with status 3; stderr: no paper");
  }
}

TEST_P(operations, network_echoes_messages_of_any_size) {
  for (const char* bytes : {"1", "7", "64", "1MiB"}) {
    const workload_type& type = find_workload("network");
    const std::map<std::string, std::string> parameters = {{"bytes", bytes}};
    const auto server =
        type.start_server(parameter_values("network", type.parameters, parameters), {});
    int succeeded = 0;
    operate(*make("network", parameters, server->endpoint()), GetParam(), 5, &succeeded);
    EXPECT_EQ(succeeded, 5) << bytes;
  }
}

TEST_P(operations, network_waits_for_the_servers_delay) {
  const workload_type& type = find_workload("network");
  const std::map<std::string, std::string> parameters = {{"delay", "4ms"}};
  const auto server =
      type.start_server(parameter_values("network", type.parameters, parameters), {});
  const auto start = steady_clock::now();
  operate(*make("network", parameters, server->endpoint()), GetParam(), 3);
  EXPECT_GE(steady_clock::now() - start, std::chrono::milliseconds(12));
}

/// Returns the outcome of three operations against this server: "well", "error NAME" if it is
/// counted, "wrong: …" if it fails the cell.
std::string outcome(form chosen, misbehaviour behaviour, int* succeeded) {
  const misbehaving_server server(behaviour, message_bytes);
  try {
    operate(*make("network", {}, server.endpoint()), chosen, 3, succeeded);
    return "well";
  } catch (const operation_error& e) {
    return std::string("error ") + e.what();
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), error_kind::failed);
    return std::string("wrong: ") + e.what();
  }
}

TEST_P(operations, network_accepts_an_echo_in_pieces) {
  int succeeded = 0;
  EXPECT_EQ(outcome(GetParam(), misbehaviour::pieces, &succeeded), "well");
  EXPECT_EQ(succeeded, 3);
}

TEST_P(operations, network_detects_a_wrong_byte) {
  int succeeded = 0;
  EXPECT_EQ(outcome(GetParam(), misbehaviour::wrong_byte, &succeeded),
            "wrong: an echo differs from what was sent");
  EXPECT_EQ(succeeded, 0);
}

TEST_P(operations, network_detects_a_stale_echo) {
  int succeeded = 0;
  EXPECT_EQ(outcome(GetParam(), misbehaviour::stale, &succeeded),
            "wrong: an echo differs from what was sent");
  EXPECT_EQ(succeeded, 1);
}

TEST_P(operations, network_counts_a_close_within_a_message) {
  int succeeded = 0;
  EXPECT_EQ(outcome(GetParam(), misbehaviour::close_in_message, &succeeded), "error receive:EOF");
  EXPECT_EQ(succeeded, 1);
}

TEST_P(operations, network_counts_an_immediate_close) {
  int succeeded = 0;
  const std::string result = outcome(GetParam(), misbehaviour::close_at_once, &succeeded);
  EXPECT_TRUE(result == "error receive:EOF" || result == "error receive:ECONNRESET" ||
              result == "error send:EPIPE" || result == "error send:ECONNRESET")
      << result;
  EXPECT_EQ(succeeded, 0);
}

TEST_P(operations, network_reconnects_after_an_error) {
  const misbehaving_server server(misbehaviour::close_in_message, message_bytes);
  const auto work = make("network", {}, server.endpoint());
  if (GetParam() == form::blocking) {
    const auto lane = work->open_lane(0);
    work->run_blocking(*lane);
    EXPECT_THROW(work->run_blocking(*lane), operation_error);
    EXPECT_NO_THROW(work->run_blocking(*lane));
    return;
  }
  boost::asio::io_context loop(1);
  const auto lane = work->async()->open_async_lane(loop, 0);
  std::string outcomes;
  for (int i = 0; i < 3; ++i) {
    try {
      run_on(loop, work->async()->run_async(*lane));
      outcomes += "well ";
    } catch (const operation_error& e) {
      outcomes += std::string(e.what()) + " ";
    }
  }
  EXPECT_EQ(outcomes, "well receive:EOF well ");
}

TEST_P(operations, network_lane_needs_a_server) {
  std::string closed_endpoint;
  {
    const misbehaving_server server(misbehaviour::none, message_bytes);
    closed_endpoint = server.endpoint();
  }
  EXPECT_THROW(operate(*make("network", {}, closed_endpoint), GetParam(), 1), error);
}

TEST(hashing, digest_matches_openssl) {
  const auto work = make("hashing", {{"bytes", "1KiB"}});
  operate(*work, form::blocking, 3);
  // openssl dgst -sha256 of the 1024 bytes (131 i + i/256) mod 256
  EXPECT_EQ(work->checksum(), "a8884f93615575d0ae3058255f8e5bbe729eb3c2861e1b739c1403214fbc4100");
  EXPECT_EQ(work->async(), nullptr) << "a CPU-bound workload runs inline on a loop";
}

TEST(hashing, supports_every_listed_algorithm) {
  for (const char* algorithm : {"sha256", "sha512", "sha1", "md5", "sha3-256", "blake2b512"}) {
    const auto work = make("hashing", {{"bytes", "100"}, {"algorithm", algorithm}});
    EXPECT_NO_THROW(operate(*work, form::blocking, 2)) << algorithm;
    EXPECT_GE(work->checksum().size(), 32U) << algorithm;
  }
}

TEST(noop, has_no_checksum) {
  const auto work = make("noop");
  operate(*work, form::blocking, 10);
  EXPECT_EQ(work->checksum(), "");
}

}  // namespace
}  // namespace crossover
