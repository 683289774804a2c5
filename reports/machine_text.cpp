#include "reports/machine_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "reports/contest_text.hpp"
#include "reports/escape.hpp"
#include "reports/machine_types.hpp"
#include "reports/units.hpp"

namespace crossover {
namespace {

constexpr std::size_t most_differences = 4;

/// Contests that differ only in the machine type, if they rank the models.
using contests_of_types = std::vector<const contest*>;

std::vector<contests_of_types> groups_of(const std::vector<contest>& contests) {
  using question =
      std::tuple<std::string, std::map<std::string, std::string>, std::optional<std::uint32_t>,
                 std::optional<std::uint32_t>, std::optional<double>>;
  std::map<question, std::size_t> index;
  std::vector<contests_of_types> groups;
  for (const contest& c : contests) {
    if (!c.parameters.contains("machine") ||
        (c.verdict != contest_verdict::best && c.verdict != contest_verdict::equivalent))
      continue;
    auto parameters = c.parameters;
    parameters.erase("machine");
    const auto [entry, is_new] =
        index.try_emplace({c.workload, parameters, c.cores, c.in_flight, c.rate}, groups.size());
    if (is_new) groups.emplace_back();
    groups[entry->second].push_back(&c);
  }
  std::erase_if(groups, [](const contests_of_types& group) { return group.size() < 2; });
  return groups;
}

/// Returns the first contest that shows a leader of `first` to be slower; nullptr if there is none.
const contest* refuted_by(const contest& first, const contests_of_types& group) {
  for (const contender* leader : leaders_of(first))
    for (const contest* other : group)
      for (const contender& model : other->models)
        if (model.model == leader->model && model.shown == model_class::slower) return other;
  return nullptr;
}

std::string leaders_text(const contest& c) {
  std::vector<std::string> names;
  for (const contender* leader : leaders_of(c)) names.push_back(model_text(leader->model));
  return fmt::format("{} on {}", join_and(names), c.parameters.at("machine"));
}

}  // namespace

std::string machines_sentence(const std::vector<contest>& contests) {
  const std::vector<contests_of_types> groups = groups_of(contests);
  std::string example;
  std::size_t dependent = 0;
  for (const contests_of_types& group : groups)
    for (const contest* first : group)
      if (const contest* const other = refuted_by(*first, group)) {
        ++dependent;
        if (example.empty()) {
          auto parameters = first->parameters;
          parameters.erase("machine");
          example = fmt::format("{} ({}): {}, {}", question_text(first->workload, parameters),
                                place_text(*first, ", ", false), leaders_text(*first),
                                leaders_text(*other));
        }
        break;
      }
  if (groups.empty()) return {};
  if (dependent == 0)
    return fmt::format("No model that leads on one machine type is slower on another ({}).",
                       counted(groups.size(), "question"));
  return fmt::format("The best model depends on the machine in {} of {}{} {}.", dependent,
                     counted(groups.size(), "question"), dependent > 1 ? ", for example" : ":",
                     example);
}

std::vector<std::string> host_sentences(const results& value) {
  std::vector<std::string> sentences;
  std::set<std::uint32_t> measured;
  for (const cell_result& cell : value.cells)
    for (const sample& s : cell.samples)
      if (s.host) measured.insert(*s.host);
  std::vector<std::uint32_t> missing, lost;
  for (std::uint32_t i = 0; i < value.hosts.size(); ++i) {
    if (!value.hosts[i].lost.empty())
      lost.push_back(i);
    else if (!measured.contains(i))
      missing.push_back(i);
  }
  if (!lost.empty()) {
    const host& first = value.hosts[lost.front()];
    sentences.push_back(fmt::format(
        "{} of {} {} lost: {}{}: {}.", lost.size(), counted(value.hosts.size(), "host"),
        lost.size() == 1 ? "was" : "were", host_names(value, lost),
        lost.size() == 1 ? "" : "; " + clipped(first.name, 60), clipped(first.lost, 200)));
  }
  if (!missing.empty())
    sentences.push_back(fmt::format("{} of {} measured nothing: {}.", missing.size(),
                                    counted(value.hosts.size(), "host"),
                                    host_names(value, missing)));
  for (const machine_type& type : machine_types_of(value)) {
    std::vector<std::string> differences = differences_between_hosts(value, type);
    const std::size_t count = differences.size();
    if (count == 0) continue;
    differences.resize(std::min(count, most_differences));
    sentences.push_back(fmt::format(
        "Hosts of {} differ in {}{}.", type.name, fmt::join(differences, "; "),
        count > most_differences ? fmt::format("; {} more", count - most_differences) : ""));
  }
  return sentences;
}

std::string fleet_text(const results& value) {
  const std::vector<machine_type> types = machine_types_of(value);
  if (types.empty()) return {};
  const std::string hosts = counted(value.hosts.size(), "host");
  return types.size() == 1 ? fmt::format("{}, {}", types.front().name, hosts)
                           : fmt::format("{} machine types, {}", types.size(), hosts);
}

}  // namespace crossover
