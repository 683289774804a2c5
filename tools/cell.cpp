#include <unistd.h>

#include "bench/cell/cell.hpp"
#include "tools/command_line.hpp"

namespace crossover {

int cell_command(const string_list& arguments) {
  CLI::App app(
      "usage: crossover cell\n"
      "Run one cell process: read one JSON request per line from standard input, write\n"
      "one JSON reply per line to standard output. See bench/cell/PROTOCOL.md.\n"
      "Example:  crossover cell <<'END'\n"
      "{\"prepare\":{\"workload\":\"noop\",\"model\":\"serial\",\"cores\":[0],\"in_flight\":1}}\n"
      "END",
      "cell");
  if (!parse(app, arguments)) return exit_code::ok;
  return serve_cell(STDIN_FILENO, STDOUT_FILENO, all_models());
}

}  // namespace crossover
