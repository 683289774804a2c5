#include "bench/measure/run_hosts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "bench/measure/findings.hpp"

namespace crossover {
namespace {

/// Failures that end the measurement of a cell: one retry is allowed.
constexpr int max_failures = 2;

}  // namespace

run_hosts::run_hosts(measuring_hosts& hosts, const std::vector<std::uint32_t>& numbers,
                     const std::vector<planned_cell>& cells, std::uint64_t seed)
    : hosts_(hosts) {
  for (std::size_t h = 0; h < hosts.count(); ++h) {
    host_state& host =
        states_.emplace_back(host_state{turn_order(seed, numbers.empty() ? 0 : numbers[h])});
    if (!numbers.empty()) host.number = numbers[h];
    for (std::size_t i = 0; i < cells.size(); ++i)
      if (std::string reason = hosts.refusal(h, cells[i]); !reason.empty())
        host.refusals[i] = std::move(reason);
  }
}

host_state* run_hosts::find(std::optional<std::uint32_t> number) {
  // Numbers are nearly always in the order of the hosts.
  if (number && *number < states_.size() && states_[*number].number == number)
    return &states_[*number];
  const auto found = std::find_if(states_.begin(), states_.end(),
                                  [&](const host_state& host) { return host.number == number; });
  return found == states_.end() ? nullptr : &*found;
}

std::size_t run_hosts::live_count() const {
  std::size_t live = 0;
  for (std::size_t h = 0; h < states_.size(); ++h) live += is_live(h) ? 1 : 0;
  return live;
}

std::vector<std::size_t> run_hosts::idle(bool take_turns) const {
  std::vector<std::size_t> hosts;
  for (std::size_t h = 0; h < states_.size(); ++h)
    if (is_idle(h)) hosts.push_back(h);
  const auto place = [this](std::size_t h) {
    return std::pair(!states_[h].waits_for.has_value(), states_[h].begun);
  };
  if (take_turns)
    std::stable_sort(hosts.begin(), hosts.end(),
                     [&](std::size_t a, std::size_t b) { return place(a) < place(b); });
  return hosts;
}

std::vector<std::size_t> run_hosts::helpers_for(std::size_t host,
                                                const std::vector<std::size_t>& cells,
                                                std::size_t clients) const {
  std::vector<std::size_t> others = idle(false);
  std::erase(others, host);
  std::stable_sort(others.begin(), others.end(), [this](std::size_t a, std::size_t b) {
    return states_[a].begun > states_[b].begun;
  });
  // A host that cannot run the cells can run their server.
  std::stable_partition(others.begin(), others.end(),
                        [&](std::size_t h) { return !can_run(h, cells); });
  if (others.empty()) return {};
  std::vector<std::size_t> helpers = {others.front()};
  for (std::size_t k = 1; k < others.size() && helpers.size() < clients; ++k)
    if (can_run(others[k], cells)) helpers.push_back(others[k]);
  return helpers.size() == clients ? helpers : std::vector<std::size_t>();
}

bool run_hosts::can_run(std::size_t host, const std::vector<std::size_t>& cells) const {
  return std::none_of(cells.begin(), cells.end(),
                      [&](std::size_t cell) { return states_[host].refusals.contains(cell); });
}

bool run_hosts::can_measure(const std::vector<std::size_t>& cells, std::size_t clients) const {
  std::size_t able = 0;
  for (std::size_t h = 0; h < states_.size(); ++h) able += is_live(h) && can_run(h, cells) ? 1 : 0;
  return able >= clients && live_count() > clients;
}

bool run_hosts::any_runs() const {
  return std::any_of(states_.begin(), states_.end(),
                     [](const host_state& host) { return host.running.has_value(); });
}

std::vector<std::size_t> run_hosts::cells_for(const host_state& host, const planned_contest& c,
                                              const results& all) const {
  std::vector<std::size_t> able;
  for (const std::size_t i : c.cells)
    if (all.cells[i].status == cell_status::ok && !host.refusals.contains(i)) able.push_back(i);
  return able;
}

bool run_hosts::excludes(host_state& host, std::size_t cell, const std::string& reason,
                         bool is_refusal) {
  if (!is_refusal && ++host.failures[cell] < max_failures) return false;
  host.refusals[cell] = reason;
  for (std::size_t h = 0; h < states_.size(); ++h)
    if (is_live(h) && !states_[h].refusals.contains(cell)) return false;
  return true;
}

bool run_hosts::has_failed(std::size_t cell) const {
  return std::any_of(states_.begin(), states_.end(),
                     [cell](const host_state& host) { return host.failures.contains(cell); });
}

void run_hosts::store_losses(results& all) const {
  for (std::size_t h = 0; h < states_.size(); ++h)
    if (states_[h].number) all.hosts.at(*states_[h].number).lost = hosts_.lost(h);
}

void run_hosts::find_refusals(results& all) const {
  if (states_.size() < 2) return;
  std::map<std::size_t, std::pair<std::string, std::size_t>> cells;  // first reason, count
  for (const host_state& host : states_)
    for (const auto& [cell, reason] : host.refusals) {
      auto& [first, count] = cells[cell];
      if (++count == 1) first = fmt::format("{}: {}", all.hosts.at(*host.number).name, reason);
    }
  for (const auto& [cell, refusals] : cells) {
    const auto& [first, count] = refusals;
    if (!all.cells[cell].samples.empty())
      add_finding(all.cells[cell],
                  {"not_on_all_hosts",
                   count == 1 ? first : fmt::format("{}; and {} more", first, count - 1)});
  }
}

}  // namespace crossover
