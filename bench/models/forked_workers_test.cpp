#include "bench/models/forked_workers.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace crossover {
namespace {

/// Behaviour of worker 1. The other workers count one operation per run.
enum class conduct { right, dies, exits, throws };

class scripted final : public forked_worker {
 public:
  scripted(std::uint32_t number, conduct how) : number_(number), how_(how) {}
  void run(run_control&, tally& mine) override {
    if (number_ == 1 && how_ == conduct::dies) ::raise(SIGKILL);
    if (number_ == 1 && how_ == conduct::exits) ::_exit(0);
    if (number_ == 1 && how_ == conduct::throws)
      throw error(error_kind::failed, "a digest differs");
    ++mine.operations;
    mine.errors["made-up"] = number_;
    mine.latency.record(1000 * (number_ + 1));
  }

 private:
  std::uint32_t number_;
  conduct how_;
};

auto made(conduct how) {
  return [how](std::uint32_t number) -> std::unique_ptr<forked_worker> {
    return std::make_unique<scripted>(number, how);
  };
}

bool no_child_is_left() { return ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD; }

std::string trouble_of(conduct how) {
  forked_workers workers(3, made(how));
  run_control control;
  try {
    workers.run(control, 0);
    return "none";
  } catch (const error& trouble) {
    EXPECT_EQ(trouble.kind(), error_kind::failed);
    return trouble.what();
  }
}

TEST(forked_workers, counts_of_all_come_together_and_no_child_is_left) {
  {
    forked_workers workers(5, made(conduct::right));
    EXPECT_EQ(workers.children().size(), 5U);
    for (int turn = 0; turn < 3; ++turn) {
      run_control control;
      const run_outcome outcome = workers.run(control, 0);
      EXPECT_EQ(outcome.worker_operations, std::vector<std::uint64_t>(5, 1));
      EXPECT_EQ(outcome.errors.at("made-up"), 0U + 1 + 2 + 3 + 4);
      EXPECT_EQ(outcome.latency.count(), 5U);
      EXPECT_EQ(outcome.latency.max_ns, 5000U);
      EXPECT_DOUBLE_EQ(outcome.latency.mean_ns, 3000);
    }
  }
  EXPECT_TRUE(no_child_is_left());
}

TEST(forked_workers, a_worker_that_dies_is_told) {
  EXPECT_EQ(trouble_of(conduct::dies), "worker process 2 of 3 died during the run");
  EXPECT_EQ(trouble_of(conduct::exits), "worker process 2 of 3 died during the run");
  EXPECT_TRUE(no_child_is_left());
}

TEST(forked_workers, a_workers_exception_is_told_in_its_words) {
  EXPECT_EQ(trouble_of(conduct::throws), "a digest differs");
  EXPECT_TRUE(no_child_is_left());
}

TEST(forked_workers, one_that_cannot_be_made_ready_ends_them_all) {
  const auto make = [](std::uint32_t number) -> std::unique_ptr<forked_worker> {
    if (number == 2) throw error(error_kind::failed, "no connection to 127.0.0.1:1");
    return std::make_unique<scripted>(number, conduct::right);
  };
  try {
    forked_workers(4, make);
    FAIL() << "no error";
  } catch (const error& trouble) {
    EXPECT_STREQ(trouble.what(), "no connection to 127.0.0.1:1");
  }
  EXPECT_TRUE(no_child_is_left());
}

TEST(forked_workers, one_that_dies_while_it_is_made_ready_ends_them_all) {
  const auto make = [](std::uint32_t number) -> std::unique_ptr<forked_worker> {
    if (number == 0) ::raise(SIGKILL);
    return std::make_unique<scripted>(number, conduct::right);
  };
  EXPECT_THROW(forked_workers(2, make), error);
  EXPECT_TRUE(no_child_is_left());
}

}  // namespace
}  // namespace crossover
