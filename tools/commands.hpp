#pragma once

#include <string>
#include <vector>

namespace crossover {

/// The subcommands. Each takes the words behind its name and returns the program's exit code; it
/// throws `error` for trouble of the outside world, which main turns into one line and a code.
using string_list = std::vector<std::string>;

int list_command(const string_list& arguments);
int run_command(const string_list& arguments);
int report_command(const string_list& arguments);
int check_command(const string_list& arguments);
int serve_command(const string_list& arguments);
int cell_command(const string_list& arguments);

/// What the shell is told (sysexits.h where it has one).
namespace exit_code {
constexpr int ok = 0;
constexpr int regression = 1;  ///< or a cell failed
constexpr int inconclusive = 2;
constexpr int usage = 64;
constexpr int unreadable = 65;
constexpr int bug = 70;
constexpr int unwritable = 74;
constexpr int interrupted = 130;
}  // namespace exit_code

/// This executable's own path.
std::string executable_path();

}  // namespace crossover
