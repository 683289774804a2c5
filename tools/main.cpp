#include <fmt/format.h>
#include <array>
#include <cstdio>
#include <exception>
#include <string_view>

#include "tools/commands.hpp"
#include "tools/standard_streams.hpp"
#include "workloads/base/error.hpp"
#include "workloads/base/interrupt.hpp"
#include "workloads/base/nearest.hpp"

namespace crossover {
namespace {

struct command {
  std::string_view name;
  std::string_view help;
  int (*run)(const string_list&);
};

constexpr std::array commands = {
    command{"list", "list workloads, models, suites and cells, with skip reasons", list_command},
    command{"run", "measure and write results to --out (results.json)", run_command},
    command{"report", "render results as an HTML page or a table", report_command},
    command{"check", "compare two programs or two results files: is NEW slower?", check_command},
    command{"serve", "run a workload's server on its own", serve_command},
    command{"cell", "run one cell process (for programs; see bench/cell/PROTOCOL.md)",
            cell_command},
};

int help(std::FILE* stream) {
  fmt::print(stream,
             "crossover: which concurrency model is best for a workload on this machine?\n\n"
             "usage: crossover COMMAND [FLAGS]\n\n");
  for (const command& c : commands) fmt::print(stream, "  {:<8} {}\n", c.name, c.help);
  fmt::print(stream,
             "\n`crossover help COMMAND` shows the flags of a command.\n"
             "Example:  crossover run --quick && crossover report results.json\n");
  return stream == stdout ? exit_code::ok : exit_code::usage;
}

int code_of(error_kind kind) {
  switch (kind) {
    case error_kind::invalid:
      return exit_code::usage;
    case error_kind::unreadable:
      return exit_code::unreadable;
    case error_kind::unwritable:
      return exit_code::unwritable;
    default:
      return exit_code::regression;
  }
}

int dispatch(string_list arguments) {
  if (arguments.empty()) return help(stderr);
  if (arguments[0] == "help") {  // `help COMMAND` is `COMMAND --help`
    arguments.erase(arguments.begin());
    arguments.emplace_back("--help");
  }
  if (arguments[0] == "--help" || arguments[0] == "-h") return help(stdout);
  if (arguments[0] == "--version") {
    fmt::print("crossover {}\n", CROSSOVER_VERSION);
    return exit_code::ok;
  }
  string_list names;
  for (const command& c : commands) {
    if (arguments[0] == c.name) return c.run({arguments.begin() + 1, arguments.end()});
    names.emplace_back(c.name);
  }
  for (const char* other : {"help", "--help", "--version"}) names.emplace_back(other);
  throw error(error_kind::invalid, fmt::format("unknown command '{}': {}", arguments[0],
                                               suggestion(arguments[0], names)));
}

}  // namespace
}  // namespace crossover

int main(int count, char** values) {
  using namespace crossover;
  prepare_standard_streams();
  const auto print_error = [](const std::string& line) { std::fputs(line.c_str(), stderr); };
  try {
    return with_standard_output([&] { return dispatch({values + 1, values + count}); });
  } catch (const interrupted&) {
    return exit_code::interrupted;
  } catch (const error& e) {
    print_error(fmt::format("crossover: {}\n", e.what()));
    return code_of(e.kind());
  } catch (const std::exception& e) {
    print_error(fmt::format(
        "crossover: internal error: {}; please report it with the command you ran\n", e.what()));
    return exit_code::bug;
  }
}
