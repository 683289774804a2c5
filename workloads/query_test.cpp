#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>

#include "workloads/async_form.hpp"
#include "workloads/postgresql_connection.hpp"
#include "workloads/postgresql_query.hpp"
#include "workloads/query_rows.hpp"
#include "workloads/registry.hpp"
#include "workloads/run_async_for_test.hpp"
#include "workloads/servers/postgresql_server.hpp"
#include "workloads/sqlite_query.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

std::string query_problem(const std::map<std::string, std::string>& arguments,
                          std::uint32_t in_flight = 1, bool external_server = false) {
  const workload_type& type = find_workload("query");
  const parameter_values values(type.name, type.parameters, arguments);
  try {
    return type.unsupported_reason({&values, in_flight, external_server});
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), error_kind::invalid);
    return std::string("invalid: ") + e.what();
  }
}

std::string problem_of(const std::function<void()>& action) {
  try {
    action();
    return "none";
  } catch (const operation_error& e) {
    return std::string("counted: ") + e.what();
  } catch (const error& e) {
    EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos);
    return std::string(to_string(e.kind())) + ": " + e.what();
  }
}

/// Runs `times` operations on one lane as coroutines.
void run_async(workload& work, int times) {
  boost::asio::io_context loop(1);
  const auto lane = work.async()->open_async_lane(loop, 5);
  for (int i = 0; i < times; ++i) run_on(loop, work.async()->run_async(*lane));
}

void run_blocking(workload& work, int times) {
  const auto lane = work.open_lane(5);
  for (int i = 0; i < times; ++i) work.run_blocking(*lane);
}

TEST(query_rows, keys_cover_the_table) {
  row_keys keys(7);
  std::uint64_t smallest = 1000, largest = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t id = keys.next(100);
    smallest = std::min(smallest, id);
    largest = std::max(largest, id);
  }
  EXPECT_EQ(smallest, 1U);
  EXPECT_EQ(largest, 100U);
  EXPECT_EQ(row_value(1), 2654435761);
  EXPECT_EQ(row_value(2), 1013904226);
}

TEST(query_plan, rejects_unsupported_requests) {
  EXPECT_EQ(query_problem({}), "");
  EXPECT_NE(
      query_problem({{"delay", "1ms"}}).find("invalid: query: delay requires engine=postgresql"),
      std::string::npos);
  EXPECT_EQ(query_problem({{"engine", "postgresql"}}, 5000, true), "")
      << "an external server may accept any number";
  EXPECT_EQ(find_postgresql(std::vector<std::string>{"/nonexistent", "/"}), "");
  const std::string problem = query_problem({{"engine", "postgresql"}}, 5000);
  EXPECT_NE(problem.find("--endpoint query=postgresql://"), std::string::npos) << problem;
}

TEST(query_sqlite, finds_rows_and_removes_the_file) {
  std::string path;
  {
    const auto file = start_sqlite_file(500);
    path = file->endpoint();
    EXPECT_TRUE(fs::exists(path));
    EXPECT_EQ(fs::status(fs::path(path).parent_path()).permissions(), fs::perms::owner_all);
    const auto work = make_sqlite_query(500, path);
    EXPECT_EQ(work->async(), nullptr) << "SQLite is blocking only";
    run_blocking(*work, 2000);
    const auto missing_rows = make_sqlite_query(1000, path);
    EXPECT_NE(
        problem_of([&] { run_blocking(*missing_rows, 100); }).find("failed: wrong row for id"),
        std::string::npos);
  }
  EXPECT_FALSE(fs::exists(fs::path(path).parent_path()));
}

TEST(query_sqlite, reports_a_missing_file) {
  EXPECT_NE(problem_of([] {
              make_sqlite_query(1, "/nonexistent/rows.db")->open_lane(0);
            }).find("failed: SQLite cannot open /nonexistent/rows.db"),
            std::string::npos);
}

TEST(query_endpoint, requires_a_database_url) {
  EXPECT_NE(
      problem_of([] { try_postgresql("127.0.0.1:5432"); }).find("invalid: not a database URL"),
      std::string::npos);
  EXPECT_NE(problem_of([] { try_postgresql("postgresql://127.0.0.1:1/x"); }).find("failed: "),
            std::string::npos);
  EXPECT_NE(problem_of([] { try_postgresql("postgresql://127.0.0.1:port/x"); }).find("failed: "),
            std::string::npos);
}

class query_postgresql : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!find_postgresql().empty()) server = start_postgresql_server(500, {});
  }
  static void TearDownTestSuite() {
    if (!server) return;
    const std::string url = server->endpoint();
    const std::string directory =
        url.substr(url.find("host=") + 5, url.find('&') - url.find("host=") - 5);
    EXPECT_TRUE(fs::exists(directory));
    server.reset();
    EXPECT_FALSE(fs::exists(directory));
    for (const auto& process : fs::directory_iterator("/proc")) {
      std::ifstream in(process.path() / "cmdline");
      std::string command_line;
      std::getline(in, command_line);
      EXPECT_EQ(command_line.find(directory), std::string::npos)
          << "a process is left: " << process.path();
    }
  }
  void SetUp() override {
    if (!server) GTEST_SKIP() << "PostgreSQL server not found: apt-get install postgresql";
  }
  static inline std::unique_ptr<workload_server> server;
};

TEST_F(query_postgresql, finds_rows_in_both_forms) {
  const auto work = make_postgresql_query(500, 0, server->endpoint());
  run_blocking(*work, 300);
  run_async(*work, 300);
}

TEST_F(query_postgresql, server_delays_the_reply) {
  const auto work = make_postgresql_query(500, 5'000'000, server->endpoint());
  const auto start = std::chrono::steady_clock::now();
  run_blocking(*work, 3);
  run_async(*work, 3);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(30));
}

TEST_F(query_postgresql, fails_on_a_missing_row) {
  const auto work = make_postgresql_query(1'000'000, 0, server->endpoint());
  EXPECT_NE(problem_of([&] { run_blocking(*work, 100); }).find("failed: wrong row for id"),
            std::string::npos);
  EXPECT_NE(problem_of([&] { run_async(*work, 100); }).find("failed: wrong row for id"),
            std::string::npos);
}

TEST_F(query_postgresql, counts_a_lost_connection_and_reconnects) {
  const auto work = make_postgresql_query(500, 0, server->endpoint());
  const auto end_other_sessions = [] {
    execute(connect_postgresql(server->endpoint()).get(),
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
            "'crossover' AND pid <> pg_backend_pid()");
  };
  const auto lane = work->open_lane(0);
  work->run_blocking(*lane);
  end_other_sessions();
  EXPECT_NE(problem_of([&] { work->run_blocking(*lane); }).find("counted: "), std::string::npos);
  work->run_blocking(*lane);

  boost::asio::io_context loop(1);
  const auto loop_lane = work->async()->open_async_lane(loop, 1);
  const auto once = [&] { run_on(loop, work->async()->run_async(*loop_lane)); };
  once();
  end_other_sessions();
  EXPECT_NE(problem_of(once).find("counted: "), std::string::npos);
  once();
}

TEST_F(query_postgresql, leaves_no_table_on_an_external_server) {
  const postgresql_connection connection = connect_postgresql(server->endpoint());
  execute(connection.get(), "CREATE DATABASE users");
  std::string url = server->endpoint();
  url.replace(url.find("/postgres?"), 10, "/users?");
  const auto work = make_postgresql_query(50, 0, url);
  run_blocking(*work, 50);
  run_async(*work, 50);
  const postgresql_connection users = connect_postgresql(url);
  const postgresql_result left =
      execute(users.get(), "SELECT to_regclass('crossover_rows') IS NULL");
  EXPECT_STREQ(libpq().PQgetvalue(left.get(), 0, 0), "t");
}

}  // namespace
}  // namespace crossover
