#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bench/measure/measuring_hosts.hpp"

namespace crossover {

/// Hosts without machines: blocks end at once, and their duration is only a number.
struct scripted_hosts final : measuring_hosts {
  explicit scripted_hosts(std::size_t count) : hosts(count) {}

  struct scripted_host {
    double block_s = 1;
    std::size_t blocks_until_lost = SIZE_MAX, helped_until_lost = SIZE_MAX;
    std::set<std::string> refuses, fails;  ///< models
    std::size_t blocks = 0, helped = 0;
    bool helps = false;
    std::string lost = {};
    std::optional<block_request> running = {};
    double end_s = 0;
  };
  std::vector<scripted_host> hosts;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> begun;  ///< contest and number
  std::size_t most_running = 0;
  bool has_busy_helper = false;  ///< a host was to take part in a block and was not idle
  double now_s = 0;

  std::size_t count() const override { return hosts.size(); }
  std::string lost(std::size_t host) const override { return hosts[host].lost; }
  std::string refusal(std::size_t host, const planned_cell& cell) const override {
    return hosts[host].refuses.contains(cell.model) ? "not on this host" : "";
  }
  void begin(std::size_t host, const block_request& block) override {
    hosts[host].running = block;
    hosts[host].end_s = now_s + hosts[host].block_s;
    begun.emplace_back(block.contest, block.number);
    for (const std::size_t h : block.helpers) {
      scripted_host& helper = hosts[h];
      has_busy_helper = has_busy_helper || helper.running || helper.helps || !helper.lost.empty();
      helper.helps = true;
    }
    most_running = std::max<std::size_t>(
        most_running, static_cast<std::size_t>(std::count_if(
                          hosts.begin(), hosts.end(), [](const auto& h) { return h.running; })));
  }
  ended_block wait() override {
    scripted_host* first = nullptr;
    for (scripted_host& host : hosts)
      if (host.running && (first == nullptr || host.end_s < first->end_s)) first = &host;
    now_s = first->end_s;
    ended_block ended;
    ended.host = static_cast<std::size_t>(first - hosts.data());
    for (const std::size_t h : first->running->helpers) {
      scripted_host& helper = hosts[h];
      helper.helps = false;
      if (helper.helped == helper.helped_until_lost) ended.lost = helper.lost = "no sign of life";
      ++helper.helped;
    }
    if (first->blocks == first->blocks_until_lost)
      ended.lost = first->lost = "no sign of life";
    else if (ended.lost.empty())
      ++first->blocks;
    for (const planned_cell* cell : first->running->cells) {
      arm_record& record = ended.records.emplace_back();
      if (first->fails.contains(cell->model)) {
        record.failure = error(error_kind::failed, "the process died");
        continue;
      }
      record.total = sample();
      record.total->operations = 1000;
      record.total->wall_s = 1;
      record.total->block_s = first->block_s;
    }
    first->running.reset();
    return ended;
  }
};

}  // namespace crossover
