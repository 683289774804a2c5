#include "bench/results/results.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "bench/results/benchmark_rows.hpp"
#include "bench/results/sample_json.hpp"
#include "workloads/base/atomic_file.hpp"

namespace crossover {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

json to_json(const cell_result& cell) {
  json samples = json::array();
  for (const sample& s : cell.samples) samples.push_back(to_json(s));
  json findings = json::array();
  for (const finding& f : cell.findings)
    findings.push_back({{"code", f.code}, {"detail", f.detail}});
  const bool has_ceiling = cell.ceiling && std::isfinite(*cell.ceiling);
  json out = to_json(static_cast<const cell_spec&>(cell));
  out.update({{"name", cell.name},
              {"status", to_string(cell.status)},
              {"reason", cell.reason},
              {"ceiling", has_ceiling ? json(*cell.ceiling) : json(nullptr)},
              {"findings", std::move(findings)},
              {"samples", std::move(samples)}});
  if (cell.max_blocks > 0) out["max_blocks"] = cell.max_blocks;
  return out;
}

json to_json(const run_settings& plan) {
  return {{"seconds", plan.seconds},
          {"budget_s", plan.budget_s},
          {"repetitions", plan.repetitions > 0 ? json(plan.repetitions) : json(nullptr)},
          {"grace_s", plan.grace_s},
          {"programs", plan.programs}};
}

}  // namespace

std::string_view to_string(cell_status status) {
  switch (status) {
    case cell_status::ok:
      return "ok";
    case cell_status::skipped:
      return "skipped";
    case cell_status::failed:
      return "failed";
  }
  return "failed";
}

bool has_finding(const cell_result& cell, std::string_view code) {
  return std::any_of(cell.findings.begin(), cell.findings.end(),
                     [&](const finding& f) { return f.code == code; });
}

json to_json(const cell_spec& cell) {
  json out = {{"workload", cell.workload},
              {"parameters", cell.parameters},
              {"model", cell.model_label()},
              {"model_parameters", cell.model_parameters},
              {"cores", cell.cores ? json(*cell.cores) : json(nullptr)},
              {"in_flight", cell.in_flight ? json(*cell.in_flight) : json(nullptr)},
              {"rate", cell.rate > 0 ? json(cell.rate) : json(nullptr)}};
  if (!cell.endpoint.empty()) out["endpoint"] = cell.endpoint;
  return out;
}

ordered_json to_json(const results& value) {
  ordered_json document;
  document["context"] = benchmark_context(value);
  document["benchmarks"] = benchmark_rows(value);
  json cells = json::array();
  for (const cell_result& cell : value.cells) cells.push_back(to_json(cell));
  document["crossover"] = {
      {"schema", 2},
      {"date", value.date},
      {"suite", value.suite},
      {"status", value.status == results_status::complete ? "complete" : "interrupted"},
      {"seed", value.seed},
      {"equal", value.equal},
      {"command", value.command},
      {"environment", value.environment},
      {"cells", std::move(cells)}};
  if (value.plan) document["crossover"]["plan"] = to_json(*value.plan);
  return document;
}

void write_results(const std::filesystem::path& file, const results& value) {
  write_atomically(file, to_json(value).dump(1, ' ', false, json::error_handler_t::replace) + "\n");
}

}  // namespace crossover
