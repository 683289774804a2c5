#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <string>
#include <type_traits>
#include <vector>

#include "bench/measure/machine.hpp"
#include "bench/measure/plan.hpp"
#include "bench/measure/suites.hpp"
#include "tools/commands.hpp"
#include "tools/flag_values.hpp"
#include "workloads/base/error.hpp"

namespace crossover {

/// Parses the arguments of a subcommand. Returns false if its help was printed instead. Arguments
/// that begin with `--benchmark_` go to `benchmark_flags`, if given. Throws `error` (invalid) that
/// names the nearest flag.
bool parse(CLI::App& app, const string_list& arguments, string_list* benchmark_flags = nullptr);

/// Calls `parse`; its `error` names the flag and the text: "--seconds 0: must be …". Refuses a
/// text that is the next flag.
template <typename Parse>
auto naming_flag(const std::string& flag, const std::string& text, const Parse& parse) {
  if (text.starts_with("--"))
    throw error(error_kind::invalid, fmt::format("{}: missing value before {}", flag, text));
  try {
    return parse(text);
  } catch (const error& e) {
    throw error(e.kind(), fmt::format("{} {}: {}", flag, text, e.what()));
  }
}

/// Adds a flag whose text `parse` converts (see flag_values.hpp). If it is repeated, the last
/// counts.
template <typename Value, typename Parse>
CLI::Option* add_value(CLI::App& app, const std::string& flag, const char* value_name, Value& value,
                       Parse parse, const std::string& help) {
  CLI::Option* const option = app.add_option_function<std::string>(
                                     flag,
                                     [flag, &value, parse](const std::string& text) {
                                       if constexpr (std::is_arithmetic_v<Value>)
                                         value = static_cast<Value>(naming_flag(flag, text, parse));
                                       else
                                         value = naming_flag(flag, text, parse);
                                     },
                                     help)
                                  ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  if constexpr (std::is_same_v<Parse, word_text>)
    option->type_name(fmt::format("{}", fmt::join(parse.words, ",")));
  return option->option_text(value_name);
}

/// Adds a flag with a list: `--cores 1,2 --cores 4`. `split` separates its elements.
template <typename Value, typename Split, typename Parse>
CLI::Option* add_list(CLI::App& app, const char* flag, const char* value_name,
                      std::vector<Value>& values, Split split, Parse parse, const char* help) {
  return app
      .add_option_function<string_list>(
          flag,
          [flag, &values, split, parse](const string_list& texts) {
            for (const std::string& text : texts)
              for (const std::string& part : naming_flag(flag, text, split))
                values.push_back(static_cast<Value>(naming_flag(flag, part, parse)));
          },
          help)
      ->take_all()
      ->allow_extra_args(false)
      ->option_text(value_name);
}

/// Group of flags that the help of another flag mentions: the help, which fits one screen, has no
/// line for them.
constexpr const char* mentioned_group = "Mentioned";

/// Returns a name and its description, wrapped at 80 columns.
std::string help_line(const std::string& name, const std::string& description);

/// Returns the flags and positional arguments of a subcommand, without the hidden ones.
flag_table table_of(const CLI::App& app);

/// Returns the flag table of a subcommand whose flags are the members of `Flags`.
template <typename Flags>
flag_table table_of_flags() {
  CLI::App app;
  Flags flags;
  flags.add_to(app);
  return table_of(app);
}

/// The flags that select cells, shared by `run`, `list` and `check`.
struct selection {
  string_list workloads, models;
  string_list commands;  ///< contenders in the place of models
  string_list programs;  ///< "NAME=COMMAND": models that run in another program
  std::vector<std::uint32_t> cores, in_flight;
  double rate = 0;
  std::string suite_name;
  bool quick = false, thorough = false;

  /// `group`: heading in the help; "" hides the flags from it.
  void add_to(CLI::App& app, const std::string& group = "Options");
  /// Adds the commands and programs to the models; call it once. Throws `error` (invalid).
  void add_models() const;
  /// Returns whether cells are named, so that the suite has no effect.
  bool names_cells() const { return !workloads.empty() || !models.empty() || !commands.empty(); }
  /// Returns the suite that the flags name, or the standard one.
  const suite& chosen_suite() const;
  /// Returns the suite's matrices. If workloads or models are named, returns one matrix of them;
  /// defaults: every workload, every model, the standard core counts, 64 in flight, or one per CPU.
  /// If commands are named, returns their matrix; defaults: all cores, 1 in flight. Programs are in
  /// every matrix.
  std::vector<matrix> matrices(const machine& computer) const;
  /// Returns the selection as flags for another program's `list`. If the flags only narrow a suite
  /// (such as --cores), `--suite fallback` is added. Empty if nothing was selected.
  string_list flags(const std::string& fallback) const;

 private:
  matrix matrix_of_commands(const machine& computer) const;
  matrix matrix_of_names(const machine& computer) const;
};

}  // namespace crossover
