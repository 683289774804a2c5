#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace crossover {

using string_list = std::vector<std::string>;

/// A flag or positional argument of a subcommand, as help and completion show it.
struct flag_row {
  std::string name;        ///< "--cores", or the name of a positional argument
  std::string value_name;  ///< "FILE", "DIR", "1,2,4" for a list; "" for a flag without a value
  std::string help;
  string_list words;  ///< known values, if there is a list of them
};
using flag_table = std::vector<flag_row>;

/// A subcommand: its row in the help of the program.
struct command {
  std::string_view name;
  std::string_view help;
  int (*run)(const string_list& arguments);
  flag_table (*flags)();
};

// The subcommands. Each takes the arguments after its name and returns the exit code. Each throws
// `error` for failures of the outside world; main prints them as one line and maps them to a code.
int list_command(const string_list& arguments);
int run_command(const string_list& arguments);
int report_command(const string_list& arguments);
int check_command(const string_list& arguments);
int conform_command(const string_list& arguments);
int serve_command(const string_list& arguments);
int cell_command(const string_list& arguments);
int host_command(const string_list& arguments);
int completion_command(const string_list& arguments);

// The flags of the subcommands that have some.
flag_table list_flag_table();
flag_table run_flag_table();
flag_table report_flag_table();
flag_table check_flag_table();
flag_table conform_flag_table();
flag_table serve_flag_table();
flag_table completion_flag_table();

/// Returns all subcommands, in the order of the help.
std::span<const command> all_commands();

/// Exit codes; those from 64 on follow sysexits.h.
namespace exit_code {
constexpr int ok = 0;
constexpr int regression = 1;  ///< or a cell failed
constexpr int inconclusive = 2;
constexpr int usage = 64;
constexpr int unreadable = 65;
constexpr int bug = 70;
constexpr int unwritable = 74;  ///< a reader that closes the pipe early is not an error
constexpr int interrupted = 130;
}  // namespace exit_code

/// Sets the name that messages show, and the directory of the cells in other languages; "": beside
/// the executable in a build, in the data directory of an installation.
void set_program(const std::string& program, const std::string& cells_directory);

/// Returns the name of this program, as messages show it.
const std::string& program_name();

/// Returns the path of the running executable.
std::string executable_path();

/// Returns the directory of the cells in other languages.
std::string cells_directory();

}  // namespace crossover
