#include "bench/models/blocking_lane.hpp"
#include "bench/models/reference/shard.hpp"
#include "bench/models/worker_team.hpp"

namespace crossover {
namespace {

/// One thread per lane, blocked in the kernel while its operation waits. The threads inherit the
/// CPU of the shard's thread; that thread only waits for them.
class blocking_shard final : public reference_shard {
 public:
  blocking_shard(const model_setup& setup, const std::vector<std::uint32_t>& numbers,
                 run_board& board)
      : work_(setup.type->make(setup.workload_values, setup.endpoint)),
        numbers_(numbers),
        all_lanes_(setup.in_flight),
        board_(board),
        team_(worker_team::unbound{static_cast<std::uint32_t>(numbers.size())}) {
    for (const std::uint32_t number : numbers) lanes_.push_back(work_->open_lane(number));
  }

  void run(std::vector<lane_pace>& paces, const std::vector<char>& live, tally& worker) override {
    // Each thread has its own tally; they are added up at the end.
    latency_recorder recorder(1);
    std::vector<std::unique_ptr<tally>> tallies;
    for (std::uint32_t j = 0; j < team_.size(); ++j)
      tallies.push_back(std::make_unique<tally>(board_.slot(numbers_[j]), recorder, recorder, j));
    team_.run([&](std::uint32_t j) {
      trace_running(numbers_[j]);
      tallies[j]->begin(board_.control());
      wait_until(board_.control().begin_of(numbers_[j], all_lanes_));
      if (live[j]) run_closed_loop(*work_, *lanes_[j], paces[j], *tallies[j], [] {});
      trace_idle();
      tallies[j]->latency.flush();
    });
    for (const auto& t : tallies)
      for (const auto& [name, count] : t->errors) worker.errors[name] += count;
    worker.latency.add(recorder.take());
  }

 private:
  std::unique_ptr<workload> work_;
  std::vector<std::uint32_t> numbers_;
  std::uint32_t all_lanes_;
  run_board& board_;
  std::vector<std::unique_ptr<lane>> lanes_;
  worker_team team_;  // last: its threads end before the members that they use
};

}  // namespace

std::unique_ptr<reference_shard> make_blocking_shard(const model_setup& setup,
                                                     const std::vector<std::uint32_t>& lanes,
                                                     run_board& board) {
  return std::make_unique<blocking_shard>(setup, lanes, board);
}

}  // namespace crossover
