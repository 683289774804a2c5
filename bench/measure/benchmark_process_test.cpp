#include "bench/measure/benchmark_process.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

/// A Google Benchmark program, imitated by a shell script that `row NAME` adds a row to.
class imitated_program {
 public:
  explicit imitated_program(const std::string& script) {
    std::string directory = (std::filesystem::temp_directory_path() / "program.XXXXXX").string();
    if (::mkdtemp(directory.data()) == nullptr) throw std::runtime_error("mkdtemp");
    directory_ = directory;
    std::ofstream(path()) << R"(#!/bin/sh
for flag; do case $flag in --benchmark_out=*) exec 3>"${flag#*=}";; esac; done
begin() { printf '{"context": {"library": "imitated"},\n"benchmarks": [\n' >&3; }
row() {
  printf '{"name": "%s", "run_name": "%s", "run_type": "iteration", "iterations": 10,' "$1" "$1" >&3
  printf '"real_time": 2, "cpu_time": 1, "spread": NaN, "time_unit": "ns"},\n' >&3
}
finish() { printf '{"name": "", "run_name": "all", "run_type": "aggregate"}]}\n' >&3; }
echo "text of the program"
)" << script << "\n";
    ::chmod(path().c_str(), 0755);
  }
  ~imitated_program() { std::filesystem::remove_all(directory_); }

  std::string path() const { return directory_ / "program"; }
  benchmark_start start() const {
    return {.program = path(), .names = {"a", "b", "c"}, .min_time = "0.01"};
  }

 private:
  std::filesystem::path directory_;
};

/// Returns the state letter of a process: 'T' if it is frozen; 0 if it does not exist.
char state_of(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(in, line);
  const std::size_t name_end = line.rfind(')');
  return name_end == std::string::npos ? '\0' : line[name_end + 2];
}

/// Waits up to 10 s for a state of a process; returns whether it has it.
bool enters(pid_t pid, char state) {
  for (int tries = 0; tries < 2000; ++tries) {
    if (state_of(pid) == state) return true;
    ::usleep(5000);
  }
  return false;
}

TEST(benchmark_process, results_are_known_while_it_runs) {
  const imitated_program program("begin; row a; row a; row b; read never <$0.pipe; row c; finish");
  ASSERT_EQ(::mkfifo((program.path() + ".pipe").c_str(), 0600), 0);
  std::fstream pipe(program.path() + ".pipe");
  benchmark_process process(program.start());
  EXPECT_EQ(process.stage(), 0u);
  process.run(3);
  EXPECT_EQ(process.stage(), 3u) << "the third benchmark runs";
  EXPECT_TRUE(enters(process.pid(), 'T'));
  process.run(4, 0.001);
  EXPECT_EQ(process.stage(), 3u);
  pipe << "go" << std::endl;
  process.run(process.last_stage());
  const auto outcomes = process.outcomes();
  ASSERT_EQ(outcomes.size(), 3u);
  EXPECT_EQ(outcomes.at("a").samples.size(), 2u);
  EXPECT_DOUBLE_EQ(outcomes.at("c").samples.at(0).cpu_user_s.value(), 10e-9);
  EXPECT_EQ(process.environment().at("library"), "imitated");
}

TEST(benchmark_process, crash_is_the_failure_of_the_running_benchmark) {
  const imitated_program program("begin; row a; echo broken >&2; exit 3");
  benchmark_process process(program.start());
  process.run(process.last_stage());
  const auto outcomes = process.outcomes();
  ASSERT_EQ(outcomes.size(), 2u) << "c was not reached";
  EXPECT_EQ(outcomes.at("a").status, cell_status::ok);
  EXPECT_EQ(outcomes.at("b").status, cell_status::failed);
  EXPECT_EQ(outcomes.at("b").reason,
            "the process exited with code 3 without replying; stderr: broken");
}

TEST(benchmark_process, crash_in_the_start_up_is_the_failure_of_all_benchmarks) {
  const imitated_program program("exit 3");
  benchmark_process all(program.start());
  all.run(all.last_stage());
  const auto outcomes = all.outcomes();
  EXPECT_EQ(outcomes.size(), 3u);
  for (const auto& [name, outcome] : outcomes) EXPECT_EQ(outcome.status, cell_status::failed);
}

TEST(benchmark_process, failure_at_the_end_fails_all_benchmarks) {
  const imitated_program program("begin; row a; row b; row c; finish; kill -SEGV $$");
  benchmark_process process(program.start());
  process.run(process.last_stage());
  const auto outcomes = process.outcomes();
  ASSERT_EQ(outcomes.size(), 3u);
  for (const auto& [name, outcome] : outcomes) EXPECT_EQ(outcome.status, cell_status::failed);
}

TEST(benchmark_process, benchmark_that_was_not_run_fails) {
  const imitated_program program("begin; row a; row other; row c; finish");
  benchmark_process process(program.start());
  process.run(process.last_stage());
  const auto outcomes = process.outcomes();
  EXPECT_EQ(outcomes.at("b").reason, "the program did not run this benchmark");
  EXPECT_EQ(outcomes.at("c").status, cell_status::ok);
}

TEST(benchmark_process, hanging_program_is_killed_after_its_timeout) {
  const imitated_program program("begin; row a; read never <$0.pipe");
  ASSERT_EQ(::mkfifo((program.path() + ".pipe").c_str(), 0600), 0);
  benchmark_start start = program.start();
  start.timeout_s = 0.2;
  benchmark_process process(start);
  process.run(process.last_stage());
  EXPECT_EQ(process.outcomes().at("b").reason, "the process was killed: no result within 0.2 s");
  EXPECT_TRUE(process.has_timed_out());
}

TEST(benchmark_process, frozen_process_ends_with_its_owner) {
  const imitated_program program("begin; while true; do :; done");
  pid_t pid = 0;
  {
    benchmark_process process(program.start());
    process.run(2, 0.001);
    while (process.stage() == 0) process.run(2, 0.001);
    pid = process.pid();
    EXPECT_TRUE(enters(pid, 'T'));
  }
  EXPECT_EQ(state_of(pid), '\0');
}

TEST(benchmark_process, turns_keep_two_processes_in_step) {
  // Each benchmark waits for the marks of both programs, which only works if they run in turn.
  const imitated_program shared("");
  const auto script = [&](const std::string& own, const std::string& other) {
    const std::string mark = shared.path();
    return "begin; for b in a b c; do : >" + mark + own + "$b; while [ ! -e " + mark + other +
           "$b ]; do :; done; row $b; done; finish";
  };
  const imitated_program first(script("1", "2")), second(script("2", "1"));
  benchmark_process one(first.start()), two(second.start());
  std::mt19937_64 random(1);
  take_turns({&one, &two}, 0.002, random);
  EXPECT_EQ(one.stage(), one.last_stage());
  EXPECT_EQ(one.outcomes().size(), 3u);
  EXPECT_EQ(two.outcomes().size(), 3u);
}

TEST(benchmark_process, turns_end_when_one_side_fails) {
  const imitated_program crashing("begin; row a; exit 3"),
      endless("begin; row a; while true; do :; done");
  benchmark_process one(crashing.start()), two(endless.start());
  std::mt19937_64 random(1);
  take_turns({&one, &two}, 0.002, random);
  EXPECT_EQ(one.outcomes().at("b").status, cell_status::failed);
  const auto outcomes = two.outcomes();
  EXPECT_LE(outcomes.size(), 1u) << "its own second benchmark has no outcome";
}

}  // namespace
}  // namespace crossover
