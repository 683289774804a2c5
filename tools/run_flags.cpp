#include "tools/run_flags.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "workloads/endpoint.hpp"
#include "workloads/registry.hpp"

namespace crossover {
namespace {

bool starts_programs(const std::string& workload) {
  return find_workload(parse_named_parameters(workload).name).starts_programs;
}

}  // namespace

void run_flags::add_to(CLI::App& app) {
  cells.add_to(app);
  add_value(app, "--seconds", "S", seconds, decimal_text{0.001, 3600},
            "window time per model and block (default 0.08)");
  add_value(app, "--repetitions", "N", repetitions, whole_text{1, 10'000},
            "blocks (default: as many as the scatter needs)");
  add_value(app, "--budget", "TIME", budget_s, duration_text(),
            "measuring time of the whole run (default 2min)");
  add_value(app, "--equal", "P", equal, share_text(),
            "margin of equivalence to the best (default 5%)");
  add_value(app, "--seed", "N", seed, whole_text(),
            "seed for all random choices (default: random)");
  app.add_option("--endpoint", endpoints, "your own server, as in network=HOST:PORT; repeatable")
      ->option_text("W=ADDRESS")
      ->take_all()
      ->allow_extra_args(false);
  add_value(app, "--launcher", "COMMAND", launcher, plain_text(),
            "command prefix of cells, e.g. 'taskset -c 3'");
  fleet.add_to(app);
  add_value(app, "--grace", "S", grace_s, positive_text(),
            "kill a cell after S extra seconds (default 20)")
      ->group("");
  add_value(app, "--out", "FILE", out, plain_text(),
            "results.json, or this FILE (--force replaces it)");
  app.add_flag("--force", force, "replace an existing results file (default: keep it)")
      ->group(mentioned_group);
  add_value(app, "--trace", "FILE", trace, plain_text(),
            "trace of a single cell (Chrome trace events)");
  add_value(app, "--replay", "FILE", replay, plain_text(),
            "repeat a run: same cells, seed and budget")
      ->group(mentioned_group);
  add_value(app, "--resume", "FILE", resume, plain_text(),
            "continue a run's file (--replay FILE: repeat it)");
}

void run_flags::require_no_others(const CLI::App& app) const {
  const bool has_commands = !cells.commands.empty();
  const auto is_allowed = [&](const std::string& flag) {
    if (flag == "--workload")
      return std::all_of(cells.workloads.begin(), cells.workloads.end(), starts_programs);
    if (flag == "--model") return has_commands;
    for (const char* const allowed :
         {"--endpoint", "--cell", "--command", "--launcher", "--hosts", "--nodes", "--partition"})
      if (flag == allowed) return true;
    if (!resume.empty()) return flag == "--resume";
    return flag == "--replay" || flag == "--out" || flag == "--force" || flag == "--trace";
  };
  const auto refuse = [&](const std::string& flag) {
    throw error(error_kind::invalid,
                fmt::format("{} {}: the file says what is measured; leave out {}",
                            resume.empty() ? "--replay" : "--resume", earlier_file(), flag));
  };
  for (const CLI::Option* option : app.get_options())
    if (const std::string flag = option->get_name(); option->count() > 0 && !is_allowed(flag))
      refuse(flag);
  for (const std::string& flag : benchmark_flags)
    if (flag.starts_with("--benchmark_filter") || flag.starts_with("--benchmark_repetitions"))
      refuse(flag.substr(0, flag.find('=')));
  if (resume == "-") throw error(error_kind::invalid, "--resume -: name a file, which is replaced");
}

string_list run_flags::programs() const {
  string_list all;
  const auto add = [&all](const char* flag, const string_list& texts) {
    for (const std::string& text : texts)
      if (!text.empty()) all.insert(all.end(), {flag, without_password(text)});
  };
  string_list starting;
  std::copy_if(cells.workloads.begin(), cells.workloads.end(), std::back_inserter(starting),
               starts_programs);
  add("--workload", starting);
  add("--command", cells.commands);
  if (!cells.commands.empty()) add("--model", cells.models);
  add("--cell", cells.programs);
  add("--launcher", {launcher});
  add("--endpoint", endpoints);
  return all;
}

string_list run_flags::workload_commands() const {
  string_list commands;
  for (const std::string& text : cells.workloads)
    if (const named_parameters parsed = parse_named_parameters(text); parsed.values.contains("run"))
      commands.push_back(parsed.values.at("run"));
  return commands;
}

run_settings run_flags::plan_for(const suite& chosen) const {
  return {.seconds = seconds > 0 ? seconds : chosen.seconds,
          .budget_s = budget_s > 0 ? budget_s : chosen.budget_s,
          .repetitions = repetitions,
          .grace_s = grace_s,
          .programs = programs(),
          .clients = fleet.clients_of_server()};
}

std::string without_password(const std::string& text) {
  static const RE2 password("(://[^/@:]*):[^/@]*@", RE2::Latin1);
  std::string shown = text;
  RE2::GlobalReplace(&shown, password, "\\1:***@");
  return shown;
}

std::map<std::string, std::string> parse_endpoints(const string_list& texts, bool connects) {
  std::map<std::string, std::string> endpoints;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      throw error(
          error_kind::invalid,
          fmt::format("--endpoint {}: expected WORKLOAD=ADDRESS, as in network=127.0.0.1:4000",
                      without_password(text)));
    const workload_type& type = find_workload(text.substr(0, equals));
    if (type.start_server == nullptr)
      throw error(error_kind::invalid, fmt::format("--endpoint {}: {} uses no server",
                                                   without_password(text), type.name));
    try {
      const std::string address = text.substr(equals + 1);
      if (!connects) {
        if (type.try_endpoint == nullptr) (void)parse_endpoint(address);
      } else if (type.try_endpoint != nullptr) {
        type.try_endpoint(address);
      } else {
        connect_first(address);
      }
    } catch (const error& e) {
      throw error(error_kind::invalid,
                  fmt::format("--endpoint {}: {}", without_password(text), e.what()));
    }
    endpoints[std::string(type.name)] = text.substr(equals + 1);
  }
  return endpoints;
}

}  // namespace crossover
