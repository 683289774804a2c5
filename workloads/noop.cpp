#include "workloads/workload.hpp"

namespace crossover {
namespace {

/// Does nothing, to measure the cost of the model itself.
class noop final : public workload {
 public:
  std::unique_ptr<lane> open_lane(std::uint32_t) override { return std::make_unique<lane>(); }
  void run_blocking(lane&) override {}
  /// Runs without calls. A call of a function more than 1 MiB away takes one cycle of six longer,
  /// so the order of linking would decide the result.
  void run_stretch(lane& state, std::atomic<std::uint64_t>& counter, std::uint32_t& left) override {
    run_each(*this, state, counter, left);
  }
};

}  // namespace

extern const workload_type noop_workload;
constinit const workload_type noop_workload = {
    .name = "noop",
    .summary = "nothing: the cost of the model itself",
    .parameters = {},
    .make = [](const parameter_values&, const std::string&) -> std::unique_ptr<workload> {
      return std::make_unique<noop>();
    },
    .min_operation_s = [](const parameter_values&) { return 0.0; },
    .start_server = nullptr,
};

}  // namespace crossover
