#include "reports/machine_types.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "reports/environment_differences.hpp"
#include "reports/escape.hpp"
#include "reports/units.hpp"

namespace crossover {
namespace {

constexpr std::size_t most_names = 4;

std::string fact_of(const host& machine, const std::string& key) {
  const auto fact = machine.environment.find(key);
  return fact == machine.environment.end() ? std::string() : fact->second;
}

/// "Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz" is "Intel Xeon Gold 6230".
std::string short_cpu_model(std::string text) {
  text = text.substr(0, text.find(" @"));
  for (const std::string_view noise : {"(R)", "(TM)", "(tm)", " CPU", " Processor", "-Processor"})
    for (std::size_t at; (at = text.find(noise)) != std::string::npos;)
      text.erase(at, noise.size());
  // "AMD EPYC 7B13 64-Core" repeats the cores.
  if (text.ends_with("-Core")) text.erase(std::min(text.size(), text.rfind(' ')));
  return clipped(text.empty() ? "machine" : text, 40);
}

std::string type_name(const host& machine, bool with_cpus, bool with_whole_model) {
  const std::string cores = fact_of(machine, "cores"), model = fact_of(machine, "cpu_model");
  std::string name = cores.empty() ? "" : clipped(cores, 20) + "-core ";
  name += with_whole_model ? clipped(model, 60) : short_cpu_model(model);
  if (with_cpus) name += fmt::format(", {} CPUs", clipped(fact_of(machine, "cpus"), 20));
  return name;
}

/// Gives every type a name of its own, as short as the others allow.
void name_types(const results& value, std::vector<machine_type>& types) {
  for (const auto& [with_cpus, with_whole_model] :
       {std::pair(false, false), std::pair(true, false), std::pair(true, true)}) {
    std::set<std::string> names;
    for (machine_type& type : types) {
      type.name = type_name(value.hosts[type.hosts.front()], with_cpus, with_whole_model);
      names.insert(type.name);
    }
    if (names.size() == types.size()) return;
  }
}

/// Findings of a cell on some hosts, one per code.
std::vector<finding> findings_on(const results& value, const cell_result& cell,
                                 const std::set<std::uint32_t>& measured) {
  std::vector<finding> merged;
  std::map<std::string, std::vector<std::uint32_t>> hosts;  // that have the finding
  for (const finding& f : cell.findings) {
    if (f.host && !measured.contains(*f.host)) continue;
    const auto [entry, is_new] = hosts.try_emplace(f.code);
    if (is_new) merged.push_back(f);
    if (f.host) entry->second.push_back(*f.host);
  }
  for (finding& f : merged) {
    const std::vector<std::uint32_t>& with = hosts.at(f.code);
    if (!f.host || measured.size() < 2) {
      f.host.reset();
      continue;
    }
    const std::string name = clipped(value.hosts[*f.host].name, 60);
    if (with.size() == measured.size()) {
      f.detail = fmt::format("on all {} hosts; {}: {}", with.size(), name, f.detail);
      f.host.reset();
    } else {
      f.detail = with.size() == 1 ? fmt::format("on {} only: {}", name, f.detail)
                                  : fmt::format("on {} of {} hosts; {}: {}", with.size(),
                                                measured.size(), name, f.detail);
    }
  }
  return merged;
}

/// Returns the cell on the machines of a type. Takes its samples from `samples`. `cell`: without
/// samples.
cell_result cell_of_type(const results& value, const cell_result& cell,
                         std::vector<sample>& samples, const machine_type& type, bool is_named) {
  const auto is_of_type = [&type](const sample& s) {
    return std::binary_search(type.hosts.begin(), type.hosts.end(), s.host.value_or(0));
  };
  cell_result part = cell;
  part.samples.reserve(
      static_cast<std::size_t>(std::count_if(samples.begin(), samples.end(), is_of_type)));
  std::set<std::uint32_t> measured;
  for (sample& s : samples)
    if (is_of_type(s)) {
      measured.insert(s.host.value_or(0));
      part.samples.push_back(std::move(s));
    }
  part.findings = findings_on(value, cell, measured);
  if (is_named) {
    part.machine = type.name;
    part.name += "/machine:" + type.name;
  }
  return part;
}

/// Returns the results with a cell for each type that has hosts.
results split_by(const std::vector<machine_type>& types, results value) {
  for (cell_result& cell : std::exchange(value.cells, {})) {
    std::vector<sample> samples = std::exchange(cell.samples, {});
    const bool is_measured = !samples.empty();
    for (const machine_type& type : types) {
      if (type.hosts.empty()) continue;
      cell_result part = cell_of_type(value, cell, samples, type, types.size() > 1);
      if (!part.samples.empty() || !is_measured) value.cells.push_back(std::move(part));
    }
  }
  return value;
}

/// Returns the hosts of two runs, those of `before` first.
results hosts_of_both(const results& before, const results& now) {
  results both;
  both.hosts = before.hosts;
  both.hosts.insert(both.hosts.end(), now.hosts.begin(), now.hosts.end());
  return both;
}

/// Returns the hosts of a type from `begin` on and before `end`, numbered from `begin`.
machine_type part_of(const machine_type& type, std::size_t begin, std::size_t end) {
  machine_type part{type.name, {}};
  for (const std::uint32_t i : type.hosts)
    if (i >= begin && i < end) part.hosts.push_back(static_cast<std::uint32_t>(i - begin));
  return part;
}

std::string type_names_of(const results& value) {
  std::vector<std::string> names;
  for (const machine_type& type : machine_types_of(value)) names.push_back(type.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string host_count_of(const results& value) {
  return value.hosts.empty() ? "one machine, no fleet" : counted(value.hosts.size(), "host");
}

}  // namespace

std::vector<machine_type> machine_types_of(const results& value) {
  using fingerprint = std::tuple<double, std::string, std::string, std::string, std::string>;
  std::map<fingerprint, machine_type> by_fingerprint;
  for (std::uint32_t i = 0; i < value.hosts.size(); ++i) {
    const host& machine = value.hosts[i];
    const std::string cores = fact_of(machine, "cores");
    by_fingerprint[{std::strtod(cores.c_str(), nullptr), cores, fact_of(machine, "cpus"),
                    fact_of(machine, "cpu_model"), fact_of(machine, "core_kinds")}]
        .hosts.push_back(i);
  }
  std::vector<machine_type> types;
  for (auto& [of, type] : by_fingerprint) types.push_back(std::move(type));
  name_types(value, types);
  return types;
}

std::optional<results> split_by_machine_type(const results& value) {
  return value.hosts.empty() ? std::nullopt : std::optional(by_machine_type(value));
}

results by_machine_type(results value) {
  if (value.hosts.empty()) return value;
  const std::vector<machine_type> types = machine_types_of(value);
  return split_by(types, std::move(value));
}

void split_alike(results& before, results& now) {
  const results both = hosts_of_both(before, now);
  const std::size_t middle = before.hosts.size(), end = both.hosts.size();
  std::vector<machine_type> of_before, of_now;
  bool is_shared = false;
  for (const machine_type& type : machine_types_of(both)) {
    of_before.push_back(part_of(type, 0, middle));
    of_now.push_back(part_of(type, middle, end));
    is_shared = is_shared || (!of_before.back().hosts.empty() && !of_now.back().hosts.empty());
  }
  before = is_shared ? split_by(of_before, std::move(before)) : by_machine_type(std::move(before));
  now = is_shared ? split_by(of_now, std::move(now)) : by_machine_type(std::move(now));
}

std::vector<environment_difference> machine_differences(const results& before, const results& now) {
  if (before.hosts.empty() && now.hosts.empty()) return environment_differences(before, now);
  if (before.hosts.empty() || now.hosts.empty())
    return {{"hosts", host_count_of(before), host_count_of(now)}};
  const results both = hosts_of_both(before, now);
  const auto is_before = [&](std::uint32_t host) { return host < before.hosts.size(); };
  const std::vector<machine_type> types = machine_types_of(both);
  std::vector<environment_difference> differences;
  bool is_shared = false;
  for (const machine_type& type : types) {
    if (!is_before(type.hosts.front()) || is_before(type.hosts.back())) continue;
    is_shared = true;
    for (const auto& [key, facts] : facts_of(both, type)) {
      std::set<std::string> old_texts, new_texts;
      for (const shared_fact& fact : facts) {
        if (is_before(fact.hosts.front())) old_texts.insert(fact.text);
        if (!is_before(fact.hosts.back())) new_texts.insert(fact.text);
      }
      if (affects_measurements(key) && old_texts != new_texts)
        differences.push_back({types.size() > 1 ? fmt::format("{} ({})", key, type.name) : key,
                               fmt::format("{}", fmt::join(old_texts, ", ")),
                               fmt::format("{}", fmt::join(new_texts, ", "))});
    }
  }
  if (!is_shared) differences.push_back({"machine", type_names_of(before), type_names_of(now)});
  return differences;
}

std::map<std::string, std::vector<shared_fact>> facts_of(const results& value,
                                                         const machine_type& of) {
  std::map<std::string, std::vector<shared_fact>> by_key;
  for (const std::uint32_t i : of.hosts)
    for (const auto& [key, text] : value.hosts[i].environment) by_key[key];
  for (auto& [key, facts] : by_key)
    for (const std::uint32_t i : of.hosts) {
      const std::string text = fact_of(value.hosts[i], key);
      const auto known = std::find_if(
          facts.begin(), facts.end(),
          [&, &key = key](const shared_fact& f) { return is_same_fact(key, f.text, text); });
      if (known == facts.end())
        facts.push_back({text, {i}});
      else
        known->hosts.push_back(i);
    }
  return by_key;
}

std::vector<std::string> differences_between_hosts(const results& value, const machine_type& of) {
  std::vector<std::string> differences;
  for (const auto& [key, facts] : facts_of(value, of)) {
    if (facts.size() < 2 || (!affects_measurements(key) && key != "crossover" && key != "build_id"))
      continue;
    std::vector<std::string> parts;
    for (const shared_fact& fact : facts)
      parts.push_back(fmt::format("{} ({})", fact.text.empty() ? "unknown" : clipped(fact.text, 60),
                                  host_names(value, fact.hosts)));
    differences.push_back(fmt::format("{}: {}", clipped(key, 60), fmt::join(parts, ", ")));
  }
  return differences;
}

std::string host_names(const results& value, const std::vector<std::uint32_t>& hosts) {
  std::vector<std::string> names;
  for (const std::uint32_t i : hosts)
    if (names.size() < most_names) names.push_back(clipped(value.hosts[i].name, 60));
  if (hosts.size() > names.size())
    return fmt::format("{} and {} more", fmt::join(names, ", "), hosts.size() - names.size());
  return join_and(names);
}

}  // namespace crossover
