#include <fmt/format.h>
#include <array>
#include <cstdio>
#include <exception>
#include <string_view>

#include "tools/commands.hpp"
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
    command{"list", "the matrix: workloads, models, cells, what is skipped and why", list_command},
    command{"run", "measure; results to --out (results.json)", run_command},
    command{"report", "one self-contained HTML page of results", report_command},
    command{"check", "is NEW slower than OLD? two programs or two results files; exit code 0, 1, 2",
            check_command},
    command{"serve", "a workload's fixture alone", serve_command},
    command{"cell", "one cell process (for programs; see bench/cell/PROTOCOL.md)", cell_command},
};

int help(std::FILE* to) {
  fmt::print(to,
             "crossover: which concurrency model wins for this workload on this machine, and by "
             "how much\n\nusage: crossover COMMAND …\n\n");
  for (const command& c : commands) fmt::print(to, "  {:<8} {}\n", c.name, c.help);
  fmt::print(to,
             "\n`crossover COMMAND --help` tells more. Begin with:  crossover run --quick && "
             "crossover report results.json\n");
  return to == stdout ? exit_code::ok : exit_code::usage;
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

int dispatch(const string_list& arguments) {
  if (arguments.empty()) return help(stderr);
  if (arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help")
    return help(stdout);
  if (arguments[0] == "--version") {
    fmt::print("crossover {}\n", CROSSOVER_VERSION);
    return exit_code::ok;
  }
  string_list names;
  for (const command& c : commands) {
    if (arguments[0] == c.name) return c.run({arguments.begin() + 1, arguments.end()});
    names.emplace_back(c.name);
  }
  throw error(error_kind::invalid, fmt::format("unknown command '{}': {}", arguments[0],
                                               suggestion(arguments[0], names)));
}

}  // namespace

}  // namespace crossover

int main(int count, char** values) {
  using namespace crossover;
  try {
    return dispatch({values + 1, values + count});
  } catch (const interrupted&) {
    return exit_code::interrupted;
  } catch (const error& trouble) {
    fmt::print(stderr, "crossover: {}\n", trouble.what());
    return code_of(trouble.kind());
  } catch (const std::exception& bug) {
    fmt::print(stderr,
               "crossover: a bug of ours: {}; please report it with the command that you ran\n",
               bug.what());
    return exit_code::bug;
  }
}
