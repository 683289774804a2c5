#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "bench/models/worker_team.hpp"
#include "tools/command_line.hpp"
#include "workloads/endpoint.hpp"
#include "workloads/registry.hpp"

namespace crossover {
namespace {

/// Returns the workload that the first argument names. Throws `error` (invalid) if it has no
/// server.
const workload_type& served_workload(const string_list& arguments) {
  if (arguments.empty() || arguments[0].starts_with("-"))
    throw error(error_kind::invalid,
                "serve: missing workload; for example: crossover serve network --bytes 64");
  const workload_type& type = find_workload(arguments[0]);
  if (type.start_server == nullptr)
    throw error(error_kind::invalid, fmt::format("serve: {} needs no server", type.name));
  return type;
}

/// Throws `error` if the server fails before the input ends. `failure`: its descriptor for that.
void wait_for_end_of_input(workload_server& server, int failure) {
  char ignored[256];
  for (ssize_t size = 1; size != 0;) {
    pollfd watched[2] = {{STDIN_FILENO, POLLIN, 0}, {failure, POLLIN, 0}};
    if (::poll(watched, 2, -1) < 0) continue;
    if (watched[1].revents != 0) server.throw_failure();
    size = ::read(STDIN_FILENO, ignored, sizeof ignored);
    if (size < 0 && errno != EINTR) return;
  }
}

struct serve_flags {
  server_config config;
  std::map<std::string, std::string> parameters;

  void add_to(CLI::App& app) {
    add_value(app, "--address", "A", config.address, plain_text(),
              "address to listen on (default: loopback)");
    add_value(app, "--port", "P", config.port, whole_text{0, 65535},
              "port (default 0: pick a free one)");
    add_list(app, "--cpus", "1,2", config.cpus, split_list, whole_text{0, 65535},
             "run one thread on each of these CPUs");
    add_value(app, "--idle", "T", config.idle_s, duration_text(),
              "close connections without a request for T (default 10min)");
  }
  void add_parameters_of(const workload_type& type, CLI::App& app) {
    for (const parameter& p : type.parameters) {
      std::string& value = parameters[std::string(p.name)] = p.default_value;
      add_value(app, fmt::format("--{}", p.name), "VALUE", value, plain_text(),
                fmt::format("{} (default {})", p.description, p.default_value));
    }
  }
};

}  // namespace

flag_table serve_flag_table() {
  flag_table table = table_of_flags<serve_flags>();
  flag_row served{"WORKLOAD", "NAME", "", {}};
  for (const workload_type* type : all_workloads()) {
    if (type->start_server == nullptr) continue;
    served.words.emplace_back(type->name);
    for (const parameter& p : type->parameters) {
      const std::string flag = fmt::format("--{}", p.name);
      if (std::none_of(table.begin(), table.end(),
                       [&](const flag_row& row) { return row.name == flag; }))
        table.push_back({flag, "VALUE", std::string(p.description), {}});
    }
  }
  table.insert(table.begin(), std::move(served));
  return table;
}

int serve_command(const string_list& arguments) {
  if (!arguments.empty() && (arguments[0] == "--help" || arguments[0] == "-h")) {
    fmt::print(
        "usage: crossover serve WORKLOAD [FLAGS]\n"
        "Run a workload's server. Prints `listening ADDRESS` (HOST:PORT, URL or file) and\n"
        "exits at end of input. `crossover serve WORKLOAD --help` lists the parameters.\n"
        "Example:  crossover serve network --bytes 64 --delay 1ms\n");
    return exit_code::ok;
  }
  const workload_type& type = served_workload(arguments);
  CLI::App app(fmt::format("usage: crossover serve {} [FLAGS]\n"
                           "Run the {} server. Prints `listening ADDRESS` and exits at end of "
                           "input.\nExample:  crossover serve {} --cpus 1",
                           type.name, type.name, type.name),
               "serve");
  serve_flags flags;
  flags.add_to(app);
  flags.add_parameters_of(type, app);
  if (!parse(app, {arguments.begin() + 1, arguments.end()})) return exit_code::ok;

  const parameter_values values(type.name, type.parameters, flags.parameters);
  if (target_of(type, values) == target_kind::none)
    throw error(error_kind::invalid,
                fmt::format("serve: {} needs no built-in server with these parameters", type.name));
  raise_descriptor_limit();
  if (!flags.config.cpus.empty()) bind_to_cpus(flags.config.cpus);
  const std::unique_ptr<workload_server> server = type.start_server(values, flags.config);
  // Clients may use up all descriptors from here on, and UBSan needs two to check a call.
  const int failure = server->failure_descriptor();
  fmt::print("listening {}\n", server->endpoint());
  if (std::fflush(stdout) != 0)
    throw system_failure(error_kind::unwritable, "standard output: cannot be written", errno);
  wait_for_end_of_input(*server, failure);
  return exit_code::ok;
}

}  // namespace crossover
