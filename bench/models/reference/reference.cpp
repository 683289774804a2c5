#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bench/models/reference/shard.hpp"
#include "bench/models/worker_team.hpp"

namespace crossover {
namespace {

struct row {
  std::string_view workload;
  shard_maker* make;
};
constexpr std::array shards = {
    row{"noop", make_noop_shard},         row{"hashing", make_hashing_shard},
    row{"sleep", make_sleep_shard},       row{"network", make_network_shard},
    row{"download", make_download_shard},
};

constexpr std::array reference_parameters = {
    parameter{"backend", parameter_kind::choice, "best", 0, 0, "best|blocking|poll|epoll|io_uring",
              "how sleep and network wait; best: the fastest for the number of lanes per core"},
};

const row* find_shard(std::string_view workload) {
  const auto match = std::find_if(shards.begin(), shards.end(),
                                  [&](const row& r) { return r.workload == workload; });
  return match == shards.end() ? nullptr : &*match;
}

/// k shards, each on its own core; lane i is in shard i mod k. The lower bound on cost.
class reference final : public model {
 public:
  explicit reference(const model_setup& setup)
      : model(setup.cpus.size()),
        team_(setup.cpus),
        tallies_(board_, team_.size()),
        shards_(team_.size()) {
    shard_maker* const make = find_shard(setup.type->name)->make;
    team_.run([&](std::uint32_t i) {
      if (i < setup.in_flight)
        shards_[i] = make(setup, {board_.control(), i, team_.size(), setup.in_flight});
    });
  }

  worker_totals run_lanes(run_control& control) override {
    team_.run([&](std::uint32_t i) {
      tallies_[i].begin(control);
      if (shards_[i]) shards_[i]->run(tallies_[i]);
      tallies_[i].end();
    });
    return tallies_.add_up();
  }

 private:
  worker_team team_;
  worker_tallies tallies_;
  std::vector<std::unique_ptr<reference_shard>> shards_;
};

std::unique_ptr<model> prepare_reference(const model_setup& setup) {
  return setup.model_values.text("backend") == "blocking" ? make_blocking_reference(setup)
                                                          : make_model<reference>(setup);
}

std::string reference_unsupported_reason(const cell_request& cell) {
  if (find_shard(cell.type->name) == nullptr)
    return fmt::format("no reference implementation for {}", cell.type->name);
  const std::string& backend = cell.model_values->text("backend");
  if (backend != "best" && cell.type->name != "sleep" && cell.type->name != "network")
    return fmt::format("'backend' does not apply to the {} reference", cell.type->name);
  if (backend == "io_uring")
    if (std::string reason = io_uring_refusal(); !reason.empty()) return reason;
  if (cell.open_loop) return "reference measures capacity: closed loop only";
  return {};
}

std::uint32_t reference_workers(const cell_request& cell) {
  return cell.model_values->text("backend") == "blocking" ? cell.in_flight : cell.cores;
}

}  // namespace

extern const model_type reference_model;
constinit const model_type reference_model = {
    .name = "reference",
    .summary = "hand-written for each workload, no library: the lower bound on cost",
    .parameters = reference_parameters,
    .prepare = prepare_reference,
    .unsupported_reason = reference_unsupported_reason,
    .workers = reference_workers,
    .lower_bound = true,
};

}  // namespace crossover
