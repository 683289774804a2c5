#include <boost/asio/io_context.hpp>

#include "bench/models/loop_lanes.hpp"
#include "bench/models/model.hpp"
#include "bench/models/worker_team.hpp"

namespace crossover {
namespace {

/// One io_context run by k threads; any free thread resumes the next ready coroutine.
class shared_loop final : public model {
 public:
  explicit shared_loop(const model_setup& setup)
      : model(setup.cpus.size()),
        work_(setup.type->make(setup.workload_values, setup.endpoint)),
        team_(setup.cpus),
        context_(static_cast<int>(team_.size())),
        lanes_(context_, *work_, setup.in_flight),
        tallies_(board_, team_.size()) {
    for (std::uint32_t i = 0; i < setup.in_flight; ++i) lanes_.open(i);
  }

  worker_totals run_lanes(run_control& control) override {
    context_.restart();
    lanes_.start(control);
    team_.run([&](std::uint32_t i) {
      current_tally() = &tallies_[i];
      tallies_[i].begin(control);
      context_.run();
      tallies_[i].end();
    });
    lanes_.rethrow();
    return tallies_.add_up();
  }

 private:
  std::unique_ptr<workload> work_;
  worker_team team_;
  boost::asio::io_context context_;
  loop_lanes lanes_;
  worker_tallies tallies_;
};

}  // namespace

extern const model_type shared_loop_model;
constinit const model_type shared_loop_model = {
    .name = "shared_loop",
    .summary = "Boost.Asio coroutines on one loop shared by one thread per core",
    .parameters = {},
    .prepare = make_model<shared_loop>,
    .workers = one_worker_per_core,
    .same_on_one_core = "event_loop",
    .loops = true,
};

}  // namespace crossover
