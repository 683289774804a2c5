#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bench/measure/arm.hpp"
#include "workloads/base/error.hpp"

namespace crossover {

/// Returns cells on one core with two operations in flight, one per model and workload.
inline std::vector<planned_cell> cells_for_test(const std::vector<std::string>& models,
                                                std::vector<std::uint32_t> in_flight = {2},
                                                const std::vector<std::string>& workloads = {
                                                    "noop"}) {
  std::vector<named_parameters> named_models, named_workloads;
  for (const std::string& model : models) named_models.push_back({model, {}});
  for (const std::string& workload : workloads) named_workloads.push_back({workload, {}});
  return plan({{named_workloads, named_models, {1}, std::move(in_flight)}},
              read_machine("core:2 pu:1"), {1'000'000, 1'000'000});
}

/// Arms without processes: each model runs a fixed number of operations per second.
struct scripted_arms {
  std::map<std::string, double> rates;  ///< by model; others run 1000 operations per second
  std::map<std::string, int> fails;     ///< number of the slice that a model's process dies in
  /// CPU share that a model uses while others run; nullopt: it cannot be read.
  std::map<std::string, std::optional<double>> idle_cpu;
  std::map<std::uint32_t, std::chrono::milliseconds> slice_time;  ///< by operations in flight
  /// Number of a model's slices after the warm-up without any operation.
  std::map<std::string, int> starved;
  std::vector<std::string> turns;  ///< model of each slice, warm-ups included
  int alive = 0, most_alive = 0;

  arm_factory factory() {
    return [this](const cell_spec& cell) { return std::make_unique<scripted_arm>(*this, cell); };
  }

 private:
  class scripted_arm final : public arm {
   public:
    scripted_arm(scripted_arms& script, const cell_spec& cell)
        : script_(script), model_(cell.model), in_flight_(*cell.in_flight) {
      script_.most_alive = std::max(script_.most_alive, ++script_.alive);
    }
    ~scripted_arm() override { --script_.alive; }
    void start() override {}
    sample slice(const slice_plan& plan) override {
      script_.turns.push_back(model_);
      if (const auto time = script_.slice_time.find(in_flight_); time != script_.slice_time.end())
        std::this_thread::sleep_for(time->second);
      ++slices_;
      if (const auto last = script_.fails.find(model_);
          last != script_.fails.end() && slices_ >= last->second)
        throw error(error_kind::failed, "the process died");
      const auto rate = script_.rates.find(model_);
      sample s;
      s.wall_s = plan.seconds;
      if (const auto count = script_.starved.find(model_);
          count != script_.starved.end() && slices_ > 1 && slices_ <= 1 + count->second)
        return s;
      s.operations = static_cast<std::uint64_t>(
          plan.seconds * (rate == script_.rates.end() ? 1000 : rate->second) + 0.5);
      return s;
    }
    std::optional<double> cpu_s() const override {
      const auto share = script_.idle_cpu.find(model_);
      if (share == script_.idle_cpu.end()) return 0;
      return share->second ? std::optional(++reads_ * *share->second) : std::nullopt;
    }
    std::optional<std::uint64_t> finish() override { return 7'000'000; }

   private:
    scripted_arms& script_;
    std::string model_;
    std::uint32_t in_flight_;
    int slices_ = 0;
    mutable int reads_ = 0;
  };
};

}  // namespace crossover
