#include "bench/models/forked_workers.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace crossover {
namespace {

/// Behaviour of worker 1. The other workers count one operation per run.
enum class worker_behaviour { succeeds, dies, exits, throws };

class scripted_worker final : public forked_worker {
 public:
  scripted_worker(std::uint32_t number, worker_behaviour behaviour)
      : number_(number), behaviour_(behaviour) {}
  void run(run_control&, tally& worker) override {
    if (number_ == 1 && behaviour_ == worker_behaviour::dies) ::raise(SIGKILL);
    if (number_ == 1 && behaviour_ == worker_behaviour::exits) ::_exit(0);
    if (number_ == 1 && behaviour_ == worker_behaviour::throws)
      throw error(error_kind::failed, "a digest differs");
    worker.slot.count_one();
    worker.errors["made-up"] = number_;
    worker.latency.record(1000 * (number_ + 1));
  }

 private:
  std::uint32_t number_;
  worker_behaviour behaviour_;
};

auto make_scripted(worker_behaviour behaviour) {
  return [behaviour](std::uint32_t number) -> std::unique_ptr<forked_worker> {
    return std::make_unique<scripted_worker>(number, behaviour);
  };
}

bool no_child_left() { return ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD; }

std::string error_of_run(worker_behaviour behaviour) {
  run_board board(3);
  forked_workers workers(board, 3, make_scripted(behaviour));
  try {
    workers.run();
    return "none";
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), error_kind::failed);
    return e.what();
  }
}

TEST(forked_workers, adds_up_all_workers_and_leaves_no_child) {
  {
    run_board board(5);
    forked_workers workers(board, 5, make_scripted(worker_behaviour::succeeds));
    EXPECT_EQ(workers.children().size(), 5U);
    for (std::uint64_t turn = 0; turn < 3; ++turn) {
      const worker_totals totals = workers.run();
      EXPECT_EQ(board.operations(), std::vector<std::uint64_t>(5, 1 + turn));
      EXPECT_EQ(totals.errors.at("made-up"), 0U + 1 + 2 + 3 + 4);
      EXPECT_EQ(totals.latency.count(), 5U);
      EXPECT_EQ(totals.latency.max_ns, 5000U);
      EXPECT_DOUBLE_EQ(totals.latency.mean_ns, 3000);
    }
  }
  EXPECT_TRUE(no_child_left());
}

TEST(forked_workers, reports_a_worker_that_dies) {
  EXPECT_EQ(error_of_run(worker_behaviour::dies),
            "worker process 2 of 3 was killed by signal 9 (SIGKILL) during the run");
  EXPECT_EQ(error_of_run(worker_behaviour::exits),
            "worker process 2 of 3 exited with code 0 during the run");
  EXPECT_TRUE(no_child_left());
}

TEST(forked_workers, reports_the_message_of_a_workers_exception) {
  EXPECT_EQ(error_of_run(worker_behaviour::throws), "a digest differs");
  EXPECT_TRUE(no_child_left());
}

TEST(forked_workers, worker_that_fails_to_start_stops_all) {
  const auto make = [](std::uint32_t number) -> std::unique_ptr<forked_worker> {
    if (number == 2) throw error(error_kind::failed, "no connection to 127.0.0.1:1");
    return std::make_unique<scripted_worker>(number, worker_behaviour::succeeds);
  };
  try {
    run_board board(4);
    forked_workers(board, 4, make);
    FAIL() << "no error";
  } catch (const error& e) {
    EXPECT_STREQ(e.what(), "no connection to 127.0.0.1:1");
  }
  EXPECT_TRUE(no_child_left());
}

TEST(forked_workers, worker_that_dies_during_startup_stops_all) {
  const auto make = [](std::uint32_t number) -> std::unique_ptr<forked_worker> {
    if (number == 0) ::raise(SIGKILL);
    return std::make_unique<scripted_worker>(number, worker_behaviour::succeeds);
  };
  run_board board(2);
  EXPECT_THROW(forked_workers(board, 2, make), error);
  EXPECT_TRUE(no_child_left());
}

}  // namespace
}  // namespace crossover
