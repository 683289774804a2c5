#include <unistd.h>

#include "bench/cell/cell.hpp"
#include "tools/command_line.hpp"

namespace crossover {

int cell_command(const string_list& arguments) {
  CLI::App app(
      "One cell process: reads requests on standard input, a JSON object a line, and answers on "
      "standard output.\n"
      "Example:  echo "
      "'{\"prepare\":{\"workload\":\"noop\",\"model\":\"serial\",\"cores\":[0],\"in_flight\":1}}' "
      "| crossover cell",
      "cell");
  if (!parse(app, arguments)) return exit_code::ok;
  return serve_cell(STDIN_FILENO, STDOUT_FILENO, all_models());
}

}  // namespace crossover
