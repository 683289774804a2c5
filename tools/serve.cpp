#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

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

void wait_for_end_of_input() {
  char ignored[256];
  for (ssize_t size = 1; size != 0;) {
    size = ::read(STDIN_FILENO, ignored, sizeof ignored);
    if (size < 0 && errno != EINTR) return;
  }
}

}  // namespace

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
  server_config config;
  app.add_option("--address", config.address, "address to listen on (default: loopback)")
      ->option_text("A");
  app.add_option("--port", config.port, "port (default 0: pick a free one)")->option_text("P");
  app.add_option("--cpus", config.cpus, "run one thread on each of these CPUs")
      ->option_text("1,2")
      ->delimiter(',');
  std::map<std::string, std::string> parameter_texts;
  for (const parameter& p : type.parameters)
    app.add_option_function<std::string>(
           fmt::format("--{}", p.name),
           [&parameter_texts, name = std::string(p.name)](const std::string& text) {
             parameter_texts[name] = text;
           },
           fmt::format("{} (default {})", p.description, p.default_value))
        ->option_text("VALUE");
  if (!parse(app, {arguments.begin() + 1, arguments.end()})) return exit_code::ok;

  const parameter_values values(type.name, type.parameters, parameter_texts);
  if (target_of(type, values) == target_kind::none)
    throw error(error_kind::invalid,
                fmt::format("serve: {} needs no built-in server with these parameters", type.name));
  raise_descriptor_limit();
  const std::unique_ptr<workload_server> server = type.start_server(values, config);
  fmt::print("listening {}\n", server->endpoint());
  if (std::fflush(stdout) != 0)
    throw system_failure(error_kind::unwritable, "standard output: cannot be written", errno);
  wait_for_end_of_input();
  return exit_code::ok;
}

}  // namespace crossover
