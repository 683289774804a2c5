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
      : model(worker_count(setup)),
        team_(setup.cpus),
        lanes_(setup.in_flight),
        latency_(team_.size()),
        service_(team_.size()),
        parts_(team_.size()) {
    shard_maker* const make = find_shard(setup.type->name)->make;
    team_.run([&](std::uint32_t i) {
      parts_[i] = std::make_unique<part>(board_.slot(i), latency_, service_, i);
      for (std::uint32_t lane = i; lane < setup.in_flight; lane += team_.size())
        parts_[i]->lanes.push_back(lane);
      parts_[i]->paces.resize(parts_[i]->lanes.size());
      parts_[i]->live.resize(parts_[i]->lanes.size());
      if (!parts_[i]->lanes.empty()) parts_[i]->shard = make(setup, parts_[i]->lanes, board_);
    });
  }

  worker_totals run_lanes(run_control& control) override {
    control.release();
    team_.run([&](std::uint32_t i) {
      part& p = *parts_[i];
      p.counted.begin(control);
      bool any = false;
      for (std::size_t j = 0; j < p.lanes.size(); ++j) {
        p.live[j] = p.paces[j].begin(control, p.lanes[j], lanes_);
        any = any || p.live[j];
      }
      if (any) p.shard->run(p.paces, p.live, p.counted);
      p.counted.end();
    });
    std::vector<tally*> tallies;
    for (const auto& p : parts_) tallies.push_back(&p->counted);
    return add_up(tallies, latency_, service_);
  }

 private:
  /// The blocking backend has one worker per lane.
  static std::size_t worker_count(const model_setup& setup) {
    const bool per_lane = setup.model_values.text("backend") == "blocking";
    return std::max<std::size_t>(per_lane ? setup.in_flight : 1, setup.cpus.size());
  }

  struct part {
    part(worker_slot& slot, latency_recorder& latency, latency_recorder& service,
         std::uint32_t number)
        : counted(slot, latency, service, number) {}
    std::vector<std::uint32_t> lanes;
    std::vector<lane_pace> paces;
    std::vector<char> live;
    std::unique_ptr<reference_shard> shard;
    tally counted;
  };

  worker_team team_;
  std::uint32_t lanes_;
  latency_recorder latency_, service_;
  std::vector<std::unique_ptr<part>> parts_;
};

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
    .prepare = make_model<reference>,
    .unsupported_reason = reference_unsupported_reason,
    .workers = reference_workers,
    .lower_bound = true,
};

}  // namespace crossover
