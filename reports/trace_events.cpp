#include <nlohmann/json.hpp>
#include <set>

#include "reports/timeline.hpp"

namespace crossover {
namespace {

using nlohmann::json;

constexpr int cores_group = 1, lanes_group = 2;  // the format's "processes": groups of tracks

double us(std::int64_t ns) { return static_cast<double>(ns) / 1000; }

json complete(std::string name, const char* category, int group, std::int64_t track,
              std::int64_t begin_ns, std::int64_t end_ns, json arguments) {
  return {{"ph", "X"},
          {"name", std::move(name)},
          {"cat", category},
          {"pid", group},
          {"tid", track},
          {"ts", us(begin_ns)},
          {"dur", us(end_ns - begin_ns)},
          {"args", std::move(arguments)}};
}

void name_tracks(json& events, int group, const char* group_name, const char* prefix,
                 const std::set<std::int64_t>& tracks) {
  events.push_back(
      {{"ph", "M"}, {"name", "process_name"}, {"pid", group}, {"args", {{"name", group_name}}}});
  events.push_back({{"ph", "M"},
                    {"name", "process_sort_index"},
                    {"pid", group},
                    {"args", {{"sort_index", group}}}});
  for (const std::int64_t track : tracks) {
    events.push_back({{"ph", "M"},
                      {"name", "thread_name"},
                      {"pid", group},
                      {"tid", track},
                      {"args", {{"name", prefix + std::to_string(track)}}}});
    events.push_back({{"ph", "M"},
                      {"name", "thread_sort_index"},
                      {"pid", group},
                      {"tid", track},
                      {"args", {{"sort_index", track}}}});
  }
}

const char* name_of(phase_kind kind) {
  return kind == phase_kind::preempted ? "preempted" : "waits";
}

}  // namespace

std::string trace_events(const run_trace& trace, const cell_result& cell, const sample& traced) {
  const run_timeline timeline = timeline_of(trace);
  json events = json::array();
  std::set<std::int64_t> cpus, lanes;
  for (const core_slice& s : timeline.slices) {
    cpus.insert(s.cpu);
    json arguments = {{"thread", s.thread}};
    if (s.operation) arguments["operation"] = *s.operation;
    events.push_back(
        complete(s.lane ? "lane " + std::to_string(*s.lane) : cell.model_label() + " itself",
                 s.lane ? "operation" : "model", cores_group, s.cpu, s.begin_ns, s.end_ns,
                 std::move(arguments)));
  }
  for (const traced_operation& o : timeline.operations) {
    lanes.insert(o.lane);
    std::int64_t on_cpu = 0, waits = 0, preempted = 0;
    for (const operation_phase& p : o.phases)
      (p.kind == phase_kind::on_cpu  ? on_cpu
       : p.kind == phase_kind::waits ? waits
                                     : preempted) += p.end_ns - p.begin_ns;
    events.push_back(
        complete("operation " + std::to_string(o.number) + (o.failed ? " (error)" : ""),
                 "operation", lanes_group, o.lane, o.begin_ns, o.end_ns,
                 {{"on_cpu_us", us(on_cpu)},
                  {"waits_us", us(waits)},
                  {"preempted_us", us(preempted)},
                  {"failed", o.failed}}));
    for (const operation_phase& p : o.phases)
      events.push_back(complete(
          p.kind == phase_kind::on_cpu ? "on CPU " + std::to_string(p.cpu) : name_of(p.kind),
          "phase", lanes_group, o.lane, p.begin_ns, p.end_ns, json::object()));
  }
  name_tracks(events, cores_group, "cores", "CPU ", cpus);
  name_tracks(events, lanes_group, "operations in flight", "lane ", lanes);
  json figures = {
      {"cell", cell.name}, {"operations", traced.operations}, {"wall_s", traced.wall_s}};
  if (traced.cpu_user_s) figures["cpu_s"] = *traced.cpu_user_s + traced.cpu_system_s.value_or(0);
  if (traced.voluntary_switches) figures["voluntary_switches"] = *traced.voluntary_switches;
  if (traced.involuntary_switches) figures["involuntary_switches"] = *traced.involuntary_switches;
  const json document = {{"displayTimeUnit", "ns"},
                         {"otherData", std::move(figures)},
                         {"traceEvents", std::move(events)}};
  return document.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace crossover
