#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tools/command_line.hpp"
#include "workloads/base/command_words.hpp"

namespace crossover {
namespace {

bool is_flag(const flag_row& row) { return row.name.starts_with("--"); }
bool is_file(const flag_row& row) { return row.value_name == "FILE"; }
bool is_directory(const flag_row& row) { return row.value_name == "DIR"; }
bool is_list(const flag_row& row) { return row.value_name.find(',') != std::string::npos; }

string_list command_names() {
  string_list names;
  for (const command& c : all_commands()) names.emplace_back(c.name);
  return names;
}

/// Returns `text` with a backslash before each of the `special` characters.
std::string escaped(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string bash_case(const std::string& pattern, const std::string& action) {
  return fmt::format("    {}) {} ;;\n", pattern, action);
}

/// Returns the command that completes a value; "" for any text.
std::string bash_action(const flag_row& row) {
  if (is_file(row)) return "_" + program_name() + "_files -f";
  if (is_directory(row)) return "_" + program_name() + "_files -d";
  if (row.words.empty()) return "";
  return fmt::format("_{}_{} '{}'", program_name(), is_list(row) ? "list" : "words",
                     fmt::join(row.words, " "));
}

std::string bash_script() {
  std::string values, rest;
  string_list free_values;  // flags whose value is any text
  for (const command& c : all_commands()) {
    string_list flags = {"--help"};
    std::string positional;
    for (const flag_row& row : c.flags()) {
      const std::string action = bash_action(row);
      if (!is_flag(row)) {
        positional = action;
        continue;
      }
      flags.push_back(row.name);
      const std::string pattern = fmt::format("{}:{}", c.name, row.name);
      if (!action.empty())
        values += bash_case(pattern, action);
      else if (!row.value_name.empty())
        free_values.push_back(pattern);
    }
    rest += bash_case(fmt::format("{}:-*", c.name),
                      fmt::format("_{}_words '{}'", program_name(), fmt::join(flags, " ")));
    if (!positional.empty()) rest += bash_case(fmt::format("{}:*", c.name), positional);
  }
  values += bash_case(fmt::format("{}", fmt::join(free_values, " | ")), ":");
  return fmt::format(R"(# bash completion for {0}; written by `{0} completion bash`.
_{0}_words() {{ COMPREPLY=($(compgen -W "$1" -- "$current")); }}
_{0}_list() {{
  local before=
  [[ $current == *,* ]] && before=${{current%,*}},
  COMPREPLY=($(compgen -P "$before" -W "$1" -- "${{current##*,}}"))
}}
_{0}_files() {{
  compopt -o filenames 2>/dev/null
  local IFS=$'\n'
  COMPREPLY=($(compgen "$1" -- "$current"))
}}
_{0}() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    _{0}_words '{1} --help --version'
    return
  fi
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]]; then
    previous=${{COMP_WORDS[COMP_CWORD - 2]}}
  fi
  case ${{COMP_WORDS[1]}}:$previous in
{2}    *) case ${{COMP_WORDS[1]}}:$current in
{3}    esac ;;
  esac
}}
complete -F _{0} {0}
)",
                     program_name(), fmt::join(command_names(), " "), values, rest);
}

std::string zsh_action(const flag_row& row) {
  if (is_file(row)) return "_files";
  if (is_directory(row)) return "_files -/";
  if (row.words.empty()) return " ";
  if (is_list(row)) return fmt::format("_sequence compadd - {}", fmt::join(row.words, " "));
  return fmt::format("({})", fmt::join(row.words, " "));
}

std::string zsh_script() {
  std::string names, cases;
  for (const command& c : all_commands()) {
    names +=
        fmt::format(" \\\n    {}", shell_word(fmt::format("{}:{}", c.name, escaped(c.help, ":"))));
    std::string specifications;
    for (const flag_row& row : c.flags()) {
      const std::string help = escaped(row.help, "[]:");
      const std::string value =
          fmt::format(":{}:{}", escaped(row.value_name, ":"), zsh_action(row));
      std::string specification = !is_flag(row) ? "*" + value
                                  : row.value_name.empty()
                                      ? fmt::format("{}[{}]", row.name, help)
                                      : fmt::format("*{}=[{}]{}", row.name, help, value);
      specifications += fmt::format(" \\\n      {}", shell_word(specification));
    }
    cases +=
        fmt::format("  {}) _arguments '--help[show the flags]'{} ;;\n", c.name, specifications);
  }
  return fmt::format(R"(#compdef {0}
# zsh completion for {0}; written by `{0} completion zsh`.
_{0}() {{
  local -a commands=({1}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    compadd -- --help --version
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
{2}  esac
}}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _{0} "$@"
else
  compdef _{0} {0}
fi
)",
                     program_name(), names, cases);
}

std::string fish_value(const flag_row& row) {
  if (is_file(row)) return " -r -F";
  if (is_directory(row)) return " -x -a '(__fish_complete_directories)'";
  if (row.words.empty()) return " -x";
  const std::string words = fmt::format("{}", fmt::join(row.words, " "));
  return is_list(row) ? fmt::format(" -x -a '(__fish_append , {})'", words)
                      : fmt::format(" -x -a '{}'", words);
}

std::string fish_script() {
  std::string lines = fmt::format(
      "# fish completion for {0}; written by `{0} completion fish`.\n"
      "complete -c {0} -f\n"
      "complete -c {0} -n __fish_use_subcommand -l help -d 'show the commands'\n"
      "complete -c {0} -n __fish_use_subcommand -l version -d 'show the version'\n",
      program_name());
  const auto text = [](std::string_view words) { return "'" + escaped(words, "\\'") + "'"; };
  for (const command& c : all_commands())
    lines += fmt::format("complete -c {} -n __fish_use_subcommand -a {} -d {}\n", program_name(),
                         c.name, text(c.help));
  for (const command& c : all_commands()) {
    const std::string start =
        fmt::format("complete -c {} -n '__fish_seen_subcommand_from {}'", program_name(), c.name);
    lines += start + " -l help -d 'show the flags'\n";
    for (const flag_row& row : c.flags()) {
      if (!is_flag(row)) {
        lines +=
            fmt::format("{}{}\n", start,
                        is_file(row) ? " -F" : fmt::format(" -a '{}'", fmt::join(row.words, " ")));
        continue;
      }
      lines += fmt::format("{} -l {}{} -d {}\n", start, row.name.substr(2),
                           row.value_name.empty() ? "" : fish_value(row), text(row.help));
    }
  }
  return lines;
}

struct completion_flags {
  std::string shell;

  void add_to(CLI::App& app) {
    add_value(app, "SHELL", "SHELL", shell, word_text{{"bash", "zsh", "fish"}}, "")->required();
  }
};

}  // namespace

flag_table completion_flag_table() { return table_of_flags<completion_flags>(); }

int completion_command(const string_list& arguments) {
  CLI::App app(
      "usage: crossover completion SHELL\n"
      "Print the completion script for bash, zsh or fish: commands, flags, names of\n"
      "workloads, models and suites, and files. `cmake --install` installs all three.\n"
      "Example:  source <(crossover completion bash)\n"
      "          crossover completion zsh >~/.zfunc/_crossover\n"
      "          crossover completion fish >~/.config/fish/completions/crossover.fish",
      "completion");
  completion_flags flags;
  flags.add_to(app);
  if (!parse(app, arguments)) return exit_code::ok;
  const std::string script = flags.shell == "bash"  ? bash_script()
                             : flags.shell == "zsh" ? zsh_script()
                                                    : fish_script();
  fmt::print("{}", script);
  return exit_code::ok;
}

}  // namespace crossover
