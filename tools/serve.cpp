#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "tools/command_line.hpp"
#include "workloads/endpoint.hpp"
#include "workloads/registry.hpp"

namespace crossover {
namespace {

const workload_type& served(const string_list& arguments) {
  if (arguments.empty() || arguments[0].starts_with("-"))
    throw error(error_kind::invalid,
                "serve: name a workload, as: crossover serve network --bytes 64");
  const workload_type& type = find_workload(arguments[0]);
  if (type.start_server == nullptr)
    throw error(error_kind::invalid, fmt::format("serve: {} needs no server", type.name));
  return type;
}

}  // namespace

int serve_command(const string_list& arguments) {
  if (!arguments.empty() && (arguments[0] == "--help" || arguments[0] == "-h")) {
    fmt::print(
        "A workload's fixture alone: prints `listening` and where (HOST:PORT, a URL, a file), ends "
        "at the end of its input.\n"
        "usage: crossover serve WORKLOAD [--address A] [--port P] [--cpus 1,2] [its parameters]\n"
        "Example:  crossover serve network --bytes 64 --delay 1ms\n");
    return exit_code::ok;
  }
  const workload_type& type = served(arguments);
  CLI::App app(fmt::format("The server of {}: prints `listening` and where, ends at the end of its "
                           "input.\nExample:  crossover serve {}",
                           type.name, type.name),
               "serve");
  server_config place;
  app.add_option("--address", place.address, "where to listen (default: loopback only)");
  app.add_option("--port", place.port, "0: any that is free");
  app.add_option("--cpus", place.cpus, "a thread on each of these CPUs")->delimiter(',');
  std::map<std::string, std::string> given;
  for (const parameter& p : type.parameters)
    app.add_option_function<std::string>(
        fmt::format("--{}", p.name),
        [&given, name = std::string(p.name)](const std::string& text) { given[name] = text; },
        fmt::format("{} (default {})", p.about, p.standard));
  if (!parse(app, {arguments.begin() + 1, arguments.end()})) return exit_code::ok;

  const parameter_values values(type.name, type.parameters, given);
  if (target_of(type, values) == target_kind::none)
    throw error(error_kind::invalid,
                fmt::format("serve: with these parameters {} asks another server", type.name));
  raise_descriptor_limit();
  const std::unique_ptr<workload_server> running = type.start_server(values, place);
  fmt::print("listening {}\n", running->endpoint());
  std::fflush(stdout);
  char ignored[256];
  for (ssize_t n = 1; n != 0;) {
    n = ::read(STDIN_FILENO, ignored, sizeof ignored);
    if (n < 0 && errno != EINTR) break;
  }
  return exit_code::ok;
}

}  // namespace crossover
