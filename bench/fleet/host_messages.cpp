#include "bench/fleet/host_messages.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "bench/cell/replies.hpp"
#include "bench/results/sample_json.hpp"

namespace crossover {
namespace {

using nlohmann::json;

/// Returns a number in the range of its type. Throws `error` (unreadable) naming `key`.
template <typename T>
T number_from(const json& value, const char* key) {
  const std::optional<T> number = optional_number<T>(value, key);
  if (!number) throw error(error_kind::unreadable, fmt::format("{}: not a number", key));
  return *number;
}

template <typename T>
T number_at(const json& body, const char* key) {
  return number_from<T>(body.at(key), key);
}

json to_json(const arm_record& record) {
  const json idle_cpu_s = record.idle_cpu_s ? json(*record.idle_cpu_s) : json();
  if (record.failure)
    return {{"error",
             {{"kind", to_string(record.failure->kind())}, {"message", record.failure->what()}}},
            {"idle_cpu_s", idle_cpu_s},
            {"idle_s", record.idle_s}};
  json findings = json::array();
  for (const finding& f : record.findings) findings.push_back({f.code, f.detail});
  return {{"sample", to_json(*record.total)}, {"has_windows", record.has_windows},
          {"findings", std::move(findings)},  {"environment", record.environment},
          {"idle_cpu_s", idle_cpu_s},         {"idle_s", record.idle_s}};
}

arm_record arm_record_from_json(const json& body) {
  arm_record record;
  record.idle_cpu_s = optional_number<double>(body.at("idle_cpu_s"), "idle_cpu_s");
  record.idle_s = number_at<double>(body, "idle_s");
  if (const auto failure = body.find("error"); failure != body.end()) {
    record.failure = reported_error(*failure);
    return record;
  }
  record.total = sample_from_json(body.at("sample"));
  record.has_windows = body.at("has_windows");
  for (const json& f : body.at("findings")) record.findings.push_back({f.at(0), f.at(1)});
  record.environment = body.at("environment");
  return record;
}

}  // namespace

json to_json(const host_start& start) {
  return {{"models", start.models}, {"sign_interval_s", start.sign_interval_s}};
}

host_start host_start_from_json(const json& body) {
  return {.models = body.at("models"),
          .sign_interval_s = number_at<double>(body, "sign_interval_s")};
}

json to_json(const host_settings& settings) {
  return {{"seconds", settings.seconds},   {"warm_up_s", settings.warm_up_s},
          {"grace_s", settings.grace_s},   {"seed", settings.seed},
          {"launcher", settings.launcher}, {"endpoints", settings.endpoints}};
}

host_settings host_settings_from_json(const json& body) {
  return {.seconds = number_at<double>(body, "seconds"),
          .warm_up_s = number_at<double>(body, "warm_up_s"),
          .grace_s = number_at<double>(body, "grace_s"),
          .seed = number_at<std::uint64_t>(body, "seed"),
          .launcher = body.at("launcher"),
          .endpoints = body.at("endpoints")};
}

json to_json(const host_facts& facts) {
  json cpus = json::array();
  for (const cpu_location& c : facts.computer.cpus)
    cpus.push_back({c.cpu, c.core, c.package, c.numa_node, c.kind});
  return {{"node", facts.node},
          {"environment", facts.environment},
          {"cpus", std::move(cpus)},
          {"quota", facts.computer.quota},
          {"descriptors", facts.limits.descriptors},
          {"tasks", facts.limits.tasks}};
}

host_facts host_facts_from_json(const json& body) {
  host_facts facts{.node = body.at("node"),
                   .environment = body.at("environment"),
                   .computer = {.cpus = {}, .quota = number_at<double>(body, "quota")},
                   .limits = {.descriptors = number_at<std::uint64_t>(body, "descriptors"),
                              .tasks = number_at<std::uint64_t>(body, "tasks")}};
  for (const json& c : body.at("cpus")) {
    const auto fact = [&c](std::size_t i) { return number_from<int>(c.at(i), "cpus"); };
    facts.computer.cpus.push_back({fact(0), fact(1), fact(2), fact(3), fact(4)});
  }
  return facts;
}

json to_json(const std::vector<planned_cell>& cells) {
  json all = json::array();
  for (const planned_cell& cell : cells) {
    all.push_back(to_json(static_cast<const cell_spec&>(cell)));
    all.back()["name"] = cell.name;
  }
  return all;
}

std::vector<planned_cell> planned_cells_from_json(const json& body) {
  std::vector<planned_cell> cells;
  for (const json& cell : body) {
    planned_cell& planned = cells.emplace_back();
    static_cast<cell_spec&>(planned) = cell_spec_from_json(cell);
    planned.name = cell.at("name");
    if (!planned.cores || !planned.in_flight)
      throw error(error_kind::unreadable, "cells: one has no cores or in_flight");
  }
  return cells;
}

json to_json(const host_refusals& refusals) {
  json all = json::array();
  for (const auto& [cell, reason] : refusals) all.push_back({cell, reason});
  return {{"refusals", std::move(all)}};
}

host_refusals host_refusals_from_json(const json& body) {
  host_refusals refusals;
  for (const json& refusal : body.at("refusals"))
    refusals.emplace(number_from<std::uint64_t>(refusal.at(0), "refusals"), refusal.at(1));
  return refusals;
}

json to_json(const host_block& block) {
  return {{"contest", block.contest},
          {"number", block.number},
          {"cells", block.cells},
          {"server", block.server},
          {"clients", block.clients}};
}

host_block host_block_from_json(const json& body) {
  host_block block{.contest = number_at<std::uint64_t>(body, "contest"),
                   .number = number_at<std::uint64_t>(body, "number"),
                   .cells = {},
                   .server = body.at("server"),
                   .clients = number_at<std::uint64_t>(body, "clients")};
  for (const json& cell : body.at("cells"))
    block.cells.push_back(number_from<std::uint64_t>(cell, "cells"));
  return block;
}

json to_json(const helper_request& request) {
  return {{"helper", request.helper}, {"message", *request.message}};
}

helper_request helper_request_from_json(const json& body) {
  const json& message = body.at("message");
  if (!message.is_object() || message.size() != 1)
    throw error(error_kind::failed, "invalid message: not an object of one member");
  return {.helper = number_at<std::uint64_t>(body, "helper"),
          .message = std::make_shared<const json>(message)};
}

json to_json(const client_request& request) {
  const slice_plan& slice = request.slice;
  return {{"call", request.call},
          {"cell", request.cell},
          {"endpoint", request.endpoint},
          {"slice",
           {{"seconds", slice.seconds},
            {"operations", slice.operations},
            {"lead_s", slice.lead_s},
            {"stagger_s", slice.stagger_s},
            {"rate", slice.rate},
            {"seed", slice.seed}}}};
}

client_request client_request_from_json(const json& body) {
  const json& slice = body.at("slice");
  return {.call = body.at("call"),
          .cell = number_at<std::uint64_t>(body, "cell"),
          .endpoint = body.at("endpoint"),
          .slice = {.seconds = number_at<double>(slice, "seconds"),
                    .operations = number_at<std::uint64_t>(slice, "operations"),
                    .lead_s = number_at<double>(slice, "lead_s"),
                    .jitter_s = 0,
                    .stagger_s = number_at<double>(slice, "stagger_s"),
                    .rate = number_at<double>(slice, "rate"),
                    .seed = number_at<std::uint64_t>(slice, "seed")}};
}

json to_json(const server_request& request) {
  return {{"cell", request.cell ? json(*request.cell) : json()},
          {"address", request.address},
          {"is_suspect", request.is_suspect}};
}

server_request server_request_from_json(const json& body) {
  return {.cell = optional_number<std::uint64_t>(body.at("cell"), "cell"),
          .address = body.at("address"),
          .is_suspect = body.at("is_suspect")};
}

json to_json(const server_state& state) {
  return {{"endpoint", state.endpoint}, {"cpus", state.cpus}, {"cpu_s", state.cpu_s}};
}

server_state server_state_from_json(const json& body) {
  return {.endpoint = body.at("endpoint"),
          .cpus = number_at<std::uint64_t>(body, "cpus"),
          .cpu_s = number_at<double>(body, "cpu_s")};
}

json to_json(const std::vector<arm_record>& records) {
  json all = json::array();
  for (const arm_record& record : records) all.push_back(to_json(record));
  return {{"records", std::move(all)}};
}

std::vector<arm_record> arm_records_from_json(const json& body) {
  std::vector<arm_record> records;
  for (const json& record : body.at("records")) records.push_back(arm_record_from_json(record));
  return records;
}

}  // namespace crossover
