#include <fmt/format.h>
#include <array>
#include <crossover/crossover.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string_view>

#include "bench/results/version.hpp"
#include "tools/commands.hpp"
#include "tools/standard_streams.hpp"
#include "workloads/base/error.hpp"
#include "workloads/base/interrupt.hpp"
#include "workloads/base/nearest.hpp"
#include "workloads/registry.hpp"

namespace crossover {
namespace {

int dispatch(const string_list& arguments);

int print_help(std::FILE* stream) {
  fmt::print(stream,
             "{0}: which concurrency model is best for a workload on this machine?\n\n"
             "usage: {0} COMMAND [FLAGS]\n\n",
             program_name());
  for (const command& c : all_commands()) fmt::print(stream, "  {:<10} {}\n", c.name, c.help);
  fmt::print(stream, "\nExample:  {0} run --quick && {0} report results.json\n", program_name());
  return stream == stdout ? exit_code::ok : exit_code::usage;
}

/// `help COMMAND` is `COMMAND --help`.
int help_command(const string_list& arguments) {
  string_list asked = arguments;
  asked.emplace_back("--help");
  return asked.front() == "help" ? print_help(stdout) : dispatch(asked);
}

flag_table no_flags() { return {}; }

flag_table help_flag_table() {
  flag_row row{"COMMAND", "NAME", "", {}};
  for (const command& c : all_commands()) row.words.emplace_back(c.name);
  return {row};
}

constexpr std::array commands = {
    command{"list", "list workloads, models, suites and cells, with skip reasons", list_command,
            list_flag_table},
    command{"run", "measure and write results to --out (results.json)", run_command,
            run_flag_table},
    command{"report", "render results as an HTML page or a table", report_command,
            report_flag_table},
    command{"check", "compare two programs or two results files: is NEW slower?", check_command,
            check_flag_table},
    command{"serve", "run a workload's server on its own", serve_command, serve_flag_table},
    command{"conform", "check whether a program keeps the cell protocol", conform_command,
            conform_flag_table},
    command{"cell", "run one cell process (for programs; see bench/cell/PROTOCOL.md)", cell_command,
            no_flags},
    command{"host", "measure blocks for `run --hosts` (for programs; see docs/fleet.md)",
            host_command, no_flags},
    command{"completion", "print the completion script for bash, zsh or fish", completion_command,
            completion_flag_table},
    command{"help", "show the flags of a command, as in `help run`", help_command, help_flag_table},
};

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
  if (arguments.empty()) return print_help(stderr);
  if (arguments[0] == "--help" || arguments[0] == "-h") return print_help(stdout);
  if (arguments[0] == "--version") {
    // The first word tells `check` that the program has its subcommands.
    fmt::print("crossover {}{}\n", program_version(),
               program_name() == "crossover" ? "" : fmt::format(" in {}", program_name()));
    return exit_code::ok;
  }
  string_list names;
  for (const command& c : commands) {
    if (arguments[0] == c.name) return c.run({arguments.begin() + 1, arguments.end()});
    names.emplace_back(c.name);
  }
  for (const char* flag : {"--help", "--version"}) names.emplace_back(flag);
  throw error(error_kind::invalid, fmt::format("unknown command '{}': {}", arguments[0],
                                               suggestion(arguments[0], names)));
}

/// Allocates nothing.
int out_of_memory() {
  std::fputs(program_name().c_str(), stderr);
  std::fputs(": out of memory; raise the memory limit, or use smaller files or fewer cells\n",
             stderr);
  return exit_code::unreadable;
}

/// Destructors of JSON trees allocate. Without memory they end the program, without an exception.
void report_lack_of_memory() {
  static const std::terminate_handler usual = std::get_terminate();
  std::set_terminate([] {
    try {
      if (const std::exception_ptr cause = std::current_exception()) std::rethrow_exception(cause);
    } catch (const std::bad_alloc&) {
      std::_Exit(out_of_memory());
    } catch (...) {
    }
    usual();
  });
}

}  // namespace

std::span<const command> all_commands() { return commands; }

program::program(std::string name, std::string cells)
    : name_(std::move(name)), cells_(std::move(cells)) {}

program::~program() = default;

own_workload& program::add(std::string name, std::vector<own_parameter> parameters) {
  return *workloads_.emplace_back(
      std::make_unique<own_workload>(std::move(name), std::move(parameters)));
}

int program::main(int count, char** arguments) {
  prepare_standard_streams();
  report_lack_of_memory();
  set_program(name_, cells_);
  const auto print_error = [](const std::string& line) { std::fputs(line.c_str(), stderr); };
  try {
    for (const auto& own : workloads_) add_workload(own->type());
    return with_standard_output([&] { return dispatch({arguments + 1, arguments + count}); });
  } catch (const interrupted&) {
    return exit_code::interrupted;
  } catch (const error& e) {
    print_error(fmt::format("{}: {}\n", program_name(), e.what()));
    return code_of(e.kind());
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  } catch (const std::exception& e) {
    print_error(fmt::format("{}: internal error: {}; please report it with the command you ran\n",
                            program_name(), e.what()));
    return exit_code::bug;
  }
}

}  // namespace crossover
