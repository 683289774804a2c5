#include "bench/results/results.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "bench/results/benchmark_rows.hpp"
#include "bench/results/json_text.hpp"
#include "bench/results/sample_json.hpp"
#include "bench/results/sample_spool.hpp"
#include "workloads/base/atomic_file.hpp"

namespace crossover {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// Returns the members of a cell. Its samples are null.
json members_of(const cell_result& cell) {
  json findings = json::array();
  for (const finding& f : cell.findings) {
    findings.push_back({{"code", f.code}, {"detail", f.detail}});
    if (f.host) findings.back()["host"] = *f.host;
  }
  const bool has_ceiling = cell.ceiling && std::isfinite(*cell.ceiling);
  const bool is_ok = cell.status == cell_status::ok;
  const bool is_unmeasured = is_ok && cell.samples.empty();
  // A failure of a cell that is ok is retried.
  const std::string reason = is_unmeasured ? "not measured: the run was interrupted"
                             : is_ok       ? std::string()
                                           : cell.reason;
  json out = to_json(static_cast<const cell_spec&>(cell));
  out.update({{"name", cell.name},
              {"status", to_string(is_unmeasured ? cell_status::skipped : cell.status)},
              {"reason", reason},
              {"ceiling", has_ceiling ? json(*cell.ceiling) : json(nullptr)},
              {"findings", std::move(findings)},
              {"samples", nullptr}});
  if (cell.max_blocks > 0) out["max_blocks"] = cell.max_blocks;
  return out;
}

/// `stored_text(k)`: text of a sample, or nullopt.
template <typename Lookup>
void write_cell(json_writer& out, const cell_result& cell, document_content content,
                const Lookup& stored_text) {
  const json members = members_of(cell);
  out.begin_object();
  for (const auto& [name, member] : members.items()) {
    out.key(name);
    if (name != "samples") {
      out.value(member);
      continue;
    }
    out.begin_array();
    for (std::size_t k = 0; k < cell.samples.size(); ++k) {
      if (const std::optional<std::string> text = stored_text(k)) {
        out.raw(*text);
        continue;
      }
      json s = to_json(cell.samples[k]);
      if (content == document_content::no_distributions) {
        s.erase("latency");
        s.erase("service");
      }
      out.value(s);
    }
    out.end();
  }
  out.end();
}

json to_json(const run_settings& plan) {
  json out = {{"seconds", plan.seconds},
              {"budget_s", plan.budget_s},
              {"repetitions", plan.repetitions > 0 ? json(plan.repetitions) : json(nullptr)},
              {"grace_s", plan.grace_s},
              {"programs", plan.programs}};
  if (plan.clients > 0) {
    out["server_on"] = "other";
    out["clients"] = plan.clients;
  }
  return out;
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

void write_document(const results& value, document_content content, int indent,
                    const std::function<void(std::string_view)>& take) {
  write_document(value, content, indent, take, nullptr);
}

void write_document(const results& value, document_content content, int indent,
                    const std::function<void(std::string_view)>& take, const sample_spool* spool) {
  json_writer out(indent, take);
  out.begin_object();
  if (content == document_content::everything) {
    out.key("context");
    out.value(benchmark_context(value));
    out.key("benchmarks");
    out.begin_array();
    write_benchmark_rows(out, value, indent, spool);
    out.end();
  }
  out.key("crossover");
  out.begin_object();
  ordered_json members = {
      {"schema", 2},
      {"date", value.date},
      {"suite", value.suite},
      {"status", value.status == results_status::complete ? "complete" : "interrupted"},
      {"seed", value.seed},
      {"equal", value.equal},
      {"command", value.command},
      {"environment", value.environment}};
  if (value.plan) members["plan"] = to_json(*value.plan);
  for (const host& machine : value.hosts) {
    members["hosts"].push_back({{"name", machine.name}, {"environment", machine.environment}});
    if (!machine.lost.empty()) members["hosts"].back()["lost"] = machine.lost;
  }
  for (const auto& [name, member] : members.items()) {
    out.key(name);
    out.value(member);
  }
  out.key("cells");
  out.begin_array();
  for (std::size_t i = 0; i < value.cells.size(); ++i)
    write_cell(out, value.cells[i], content,
               [&](std::size_t k) { return spool != nullptr ? spool->text(i, k) : std::nullopt; });
  out.end();
  out.end();
  out.end();
}

void write_results(const std::filesystem::path& file, const results& value) {
  write_results(file, value, nullptr);
}

file_lock write_results(const std::filesystem::path& file, const results& value,
                        const sample_spool* spool) {
  return write_atomically(file, [&](const auto& take) {
    write_document(value, document_content::everything, file_indent, take, spool);
    take("\n");
  });
}

}  // namespace crossover
