#include <atomic>
#include <exception>
#include <thread>
#include <utility>

#include "bench/models/blocking_lane.hpp"
#include "bench/models/reference/shard.hpp"

namespace crossover {
namespace {

/// One thread per lane, blocked in the kernel while its operation waits. The shard's own thread
/// only waits for them.
class blocking_shard final : public reference_shard {
 public:
  blocking_shard(const model_setup& setup, const std::vector<std::uint32_t>& lanes)
      : work_(setup.type->make(setup.workload_values, setup.endpoint)) {
    for (const std::uint32_t number : lanes) lanes_.push_back(work_->open_lane(number));
    numbers_ = lanes;
    for (std::size_t j = 0; j < lanes_.size(); ++j)
      threads_.emplace_back([this, j] { serve(j); });  // inherits the shard's CPU
  }

  ~blocking_shard() override {
    over_ = true;
    ++turn_;
    turn_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void run(std::vector<lane_pace>& paces, const std::vector<char>& live, tally& mine) override {
    paces_ = &paces;
    live_ = &live;
    // Each thread has its own tally; they are added up at the end.
    recorder_ = std::make_unique<latency_recorder>(1);
    tallies_.clear();
    for (std::size_t j = 0; j < lanes_.size(); ++j)
      tallies_.push_back(
          std::make_unique<tally>(*recorder_, *recorder_, static_cast<std::uint32_t>(j)));
    running_ = static_cast<std::uint32_t>(lanes_.size());
    ++turn_;
    turn_.notify_all();
    for (std::uint32_t left = running_; left != 0; left = running_) running_.wait(left);
    if (trouble_) std::rethrow_exception(std::exchange(trouble_, nullptr));
    for (const auto& t : tallies_) {
      mine.operations += t->operations;
      for (const auto& [name, count] : t->errors) mine.errors[name] += count;
    }
    mine.latency.add(recorder_->take());
  }

 private:
  void serve(std::size_t j) {
    for (std::uint32_t seen = 0;;) {
      turn_.wait(seen);
      seen = turn_.load();
      if (over_) return;
      tally& counted = *tallies_[j];
      trace_running(numbers_[j]);
      try {
        for (bool more = (*live_)[j]; more;) {
          try {
            do work_->run_blocking(*lanes_[j]);
            while ((more = (*paces_)[j].done(counted)));
          } catch (const operation_error& trouble) {
            more = (*paces_)[j].failed(counted, trouble);
          }
        }
      } catch (...) {
        if (!caught_.exchange(true)) trouble_ = std::current_exception();
      }
      trace_idle();
      counted.latency.flush();
      if (--running_ == 0) running_.notify_one();
    }
  }

  std::unique_ptr<workload> work_;
  std::vector<std::uint32_t> numbers_;
  std::vector<std::unique_ptr<lane>> lanes_;
  std::vector<std::unique_ptr<tally>> tallies_;
  std::unique_ptr<latency_recorder> recorder_;
  std::vector<lane_pace>* paces_ = nullptr;
  const std::vector<char>* live_ = nullptr;
  std::atomic<std::uint32_t> turn_ = 0, running_ = 0;
  std::atomic<bool> over_ = false, caught_ = false;
  std::exception_ptr trouble_;
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<reference_shard> make_blocking_shard(const model_setup& setup,
                                                     const std::vector<std::uint32_t>& lanes) {
  return std::make_unique<blocking_shard>(setup, lanes);
}

}  // namespace crossover
