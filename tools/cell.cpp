#include <unistd.h>

#include "bench/cell/serve_cell.hpp"
#include "tools/command_line.hpp"

namespace crossover {

int cell_command(const string_list& arguments) {
  CLI::App app(
      "usage: crossover cell [MODEL]\n"
      "Run one cell process: read one JSON request per line from standard input, write\n"
      "one JSON reply per line to standard output. See bench/cell/PROTOCOL.md.\n"
      "MODEL replaces the model of the requests, for a program that `--cell` adds.\n"
      "Example:  crossover cell <<'END'\n"
      "{\"prepare\":{\"workload\":\"noop\",\"model\":\"serial\",\"cores\":[0],\"in_flight\":1}}\n"
      "END",
      "cell");
  std::string name;
  app.add_option("MODEL", name);
  if (!parse(app, arguments)) return exit_code::ok;
  return serve_cell(STDIN_FILENO, STDOUT_FILENO, all_models(),
                    name.empty() ? nullptr : &find_model(name));
}

}  // namespace crossover
