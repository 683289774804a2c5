#include "bench/results/schema_1.hpp"

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "workloads/parameters.hpp"

namespace crossover {
namespace {

using nlohmann::json;

void rename_key(json& object, const char* from, const char* to) {
  const auto found = object.find(from);
  if (found == object.end()) return;
  json value = std::move(*found);
  object.erase(found);
  object[to] = std::move(value);
}

void upgrade_sample(json& sample) {
  if (!sample.is_object()) return;
  rename_key(sample, "fixture_cpu_s", "server_cpu_s");
  rename_key(sample, "fixture_cores", "server_cpus");
  rename_key(sample, "stolen_s", "steal_s");
  rename_key(sample, "order", "sequence");
  rename_key(sample, "start_s", "startup_s");
  for (const char* const distribution : {"latency", "service"})
    if (sample.contains(distribution) && sample[distribution].is_object())
      rename_key(sample[distribution], "every", "sampling_interval");
}

void upgrade_finding(json& finding) {
  if (!finding.is_object() || !finding.contains("code")) return;
  json& code = finding["code"];
  if (code == "fixture_bound") code = "server_bound";
  if (code == "stolen_time") code = "steal";
}

void upgrade_cell(json& cell) {
  if (cell.contains("parameters") && cell["parameters"].is_object() &&
      cell["parameters"].contains("rate")) {
    const json& rate = cell["parameters"]["rate"];
    if (rate.is_string()) cell["rate"] = std::strtod(rate.get<std::string>().c_str(), nullptr);
    cell["parameters"].erase("rate");
  }
  if (cell.contains("model") && cell["model"].is_string())
    cell["model_parameters"] = parse_named_parameters(cell["model"].get<std::string>()).values;
}

}  // namespace

void upgrade_from_schema_1(json& document) {
  json& ours = document["crossover"];
  ours["schema"] = 2;
  if (!ours.contains("cells") || !ours["cells"].is_array()) return;
  for (json& cell : ours["cells"]) {
    if (!cell.is_object()) continue;
    upgrade_cell(cell);
    if (cell.contains("samples") && cell["samples"].is_array())
      for (json& sample : cell["samples"]) upgrade_sample(sample);
    if (cell.contains("findings") && cell["findings"].is_array())
      for (json& finding : cell["findings"]) upgrade_finding(finding);
  }
}

}  // namespace crossover
