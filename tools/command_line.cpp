#include "tools/command_line.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <string_view>

#include "bench/models/added_models.hpp"
#include "reports/terminal_text.hpp"
#include "workloads/base/error.hpp"
#include "workloads/base/nearest.hpp"
#include "workloads/registry.hpp"

namespace crossover {
namespace {

string_list flags_of(const CLI::App& app) {
  string_list flags;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  return flags;
}

constexpr std::size_t screen_columns = 80, text_column = 28;

/// Returns the description and the flags, for a terminal of 80 columns.
std::string help_of(const CLI::App& app) {
  std::string text = app.get_description() + "\n\n";
  static const RE2 own_name("\\bcrossover\\b");
  RE2::GlobalReplace(&text, own_name, program_name());
  for (const CLI::Option* option : app.get_options()) {
    const bool is_shown = !option->get_group().empty() && option->get_group() != mentioned_group &&
                          !option->get_positional();
    if (!is_shown || option == app.get_help_ptr()) continue;
    const std::string& value_name = option->get_option_text();
    text += help_line(option->get_name(false, true) + (value_name.empty() ? "" : " " + value_name),
                      option->get_description());
  }
  return text;
}

/// Returns "sleep,network" for rows of a table with names, or pointers to them.
template <typename Rows>
std::string joined_names(const Rows& rows) {
  std::string names;
  for (const auto& row : rows) {
    if constexpr (std::is_pointer_v<std::remove_cvref_t<decltype(row)>>)
      names += fmt::format(",{}", row->name);
    else
      names += fmt::format(",{}", row.name);
  }
  return names.substr(1);
}

}  // namespace

bool parse(CLI::App& app, const string_list& arguments, string_list* benchmark_flags) {
  string_list own_arguments;
  for (const std::string& argument : arguments) {
    if (benchmark_flags != nullptr && argument.starts_with("--benchmark_"))
      benchmark_flags->push_back(argument);
    else
      own_arguments.push_back(argument);
  }
  app.allow_extras();
  try {
    std::reverse(own_arguments.begin(), own_arguments.end());  // the order that CLI11 expects
    app.parse(own_arguments);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", help_of(app));
    return false;
  } catch (const CLI::ArgumentMismatch& e) {  // "--out: 1 required FILE missing"
    const std::string_view message = e.what();
    throw error(error_kind::invalid,
                fmt::format("{}: missing value; see {} {} --help",
                            message.substr(0, message.find(':')), program_name(), app.get_name()));
  } catch (const CLI::ParseError& e) {
    std::string message = e.what();
    std::replace(message.begin(), message.end(), '\n', ' ');
    throw error(error_kind::invalid, fmt::format("{0}: {1}; see {2} {0} --help", app.get_name(),
                                                 message, program_name()));
  }
  for (const std::string& extra : app.remaining()) {
    if (extra == "--") continue;
    const std::string flag = extra.substr(0, extra.find('='));
    throw error(error_kind::invalid,
                extra.starts_with("-")
                    ? fmt::format("{} has no flag '{}': {}", app.get_name(), flag,
                                  suggestion(flag, flags_of(app)))
                    : fmt::format("{0}: unexpected argument '{1}'; see {2} {0} --help",
                                  app.get_name(), extra, program_name()));
  }
  return true;
}

std::string help_line(const std::string& name, const std::string& description) {
  const std::string start = padded("  " + name, text_column);
  const std::string text = wrapped(description, text_column, screen_columns);
  const bool fits = width_of(start) == text_column && start.ends_with(' ');
  return fits ? start + text.substr(text_column) : start + "\n" + text;
}

flag_table table_of(const CLI::App& app) {
  flag_table table;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty() || option == app.get_help_ptr()) continue;
    flag_row row{option->get_name(), option->get_option_text(), option->get_description(), {}};
    if (const std::string words = option->get_type_name(); words.find(',') != std::string::npos)
      row.words = split_list(words);
    table.push_back(std::move(row));
  }
  return table;
}

void selection::add_to(CLI::App& app, const std::string& group) {
  add_list(app, "--workload", "NAME[:K=V,…]", workloads, split_names, plain_text(),
           "operations, as in sleep,network:bytes=1KiB")
      ->type_name(joined_names(all_workloads()))
      ->group(group);
  add_list(app, "--model", "NAME[:K=V,…]", models, split_names, plain_text(),
           "concurrency models, as in event_loop,thread_pool")
      ->type_name(joined_names(all_models()))
      ->group(group);
  const auto add_repeatable = [&](const char* flag, const char* value_name, string_list& texts,
                                  const char* help) {
    app.add_option(flag, texts, help)
        ->option_text(value_name)
        ->take_all()
        ->allow_extra_args(false)
        ->group(group);
  };
  add_repeatable("--command", "COMMAND", commands, "contest of commands, as in 'gzip -k f'");
  add_repeatable("--cell", "NAME=COMMAND", programs, "your own cell program as a model");
  add_list(app, "--cores", "1,2,4", cores, split_list, whole_text{1}, "numbers of CPUs to use")
      ->group(group);
  add_list(app, "--in-flight", "1,64,1024", in_flight, split_list, whole_text{1, 1'000'000},
           "numbers of operations in flight")
      ->group(group);
  add_value(app, "--rate", "R", rate, positive_text(), "open loop: start R operations per second")
      ->group(group);
  add_value(app, "--suite", "NAME", suite_name, plain_text(),
            "named set of cells (see " + program_name() + " list --suites)")
      ->type_name(joined_names(all_suites()))
      ->group(group);
  app.add_flag("--quick", quick, "two questions in 15 s (--thorough: all, in hours)")->group(group);
  app.add_flag("--thorough", thorough, "measure everything; takes hours")
      ->group(group.empty() ? group : mentioned_group);
}

const suite& selection::chosen_suite() const {
  if ((quick ? 1 : 0) + (thorough ? 1 : 0) + (suite_name.empty() ? 0 : 1) > 1)
    throw error(error_kind::invalid, "--quick, --thorough and --suite are mutually exclusive");
  if (quick) return find_suite("quick");
  if (thorough) return find_suite("thorough");
  return suite_name.empty() ? all_suites().front() : find_suite(suite_name);
}

string_list selection::flags(const std::string& fallback) const {
  string_list flags;
  const auto add = [&flags](const char* flag, const std::string& value) {
    flags.insert(flags.end(), {flag, value});
  };
  for (const std::string& text : workloads) add("--workload", text);
  for (const std::string& text : models) add("--model", text);
  for (const std::string& text : commands) add("--command", text);
  for (const std::string& text : programs) add("--cell", text);
  if (!cores.empty()) add("--cores", fmt::format("{}", fmt::join(cores, ",")));
  if (!in_flight.empty()) add("--in-flight", fmt::format("{}", fmt::join(in_flight, ",")));
  if (rate > 0) add("--rate", fmt::format("{}", rate));
  if (!suite_name.empty()) add("--suite", suite_name);
  if (quick) flags.emplace_back("--quick");
  if (thorough) flags.emplace_back("--thorough");
  const bool names_suite = !suite_name.empty() || quick || thorough;
  if (!flags.empty() && !names_cells() && !names_suite) add("--suite", fallback);
  return flags;
}

void selection::add_models() const {
  for (const std::string& text : programs)
    naming_flag("--cell", text, [](const std::string& program) {
      add_program_model(parse_program_model(program));
      return true;
    });
  if (commands.empty()) return;
  if (!workloads.empty() || models.size() > 1)
    throw error(error_kind::invalid, workloads.empty()
                                         ? "--command: give one --model, which runs all commands"
                                         : "--command and --workload are mutually exclusive");
  const model_type& through = find_model(models.empty() ? "thread_pool" : models.front());
  for (const std::string& text : commands)
    naming_flag("--command", text, [&through](const std::string& command) {
      add_command_model(command, through);
      return true;
    });
}

/// The commands take the place of models, so the workload's own command is empty.
matrix selection::matrix_of_commands(const machine& computer) const {
  matrix m;
  m.workloads = {{"command", {{"run", ""}}}};
  for (const std::string& text : commands) m.models.push_back({text, {}});
  m.cores = {computer.usable()};
  m.in_flight = {1};
  return m;
}

matrix selection::matrix_of_names(const machine& computer) const {
  matrix m;
  for (const std::string& text : workloads) m.workloads.push_back(parse_named_parameters(text));
  for (const std::string& text : models) m.models.push_back(parse_named_parameters(text));
  if (workloads.empty()) m.workloads = every_workload();
  if (models.empty())
    for (const model_type* type : all_models()) m.models.push_back({std::string(type->name), {}});
  m.cores = standard_cores(computer);
  m.in_flight = {std::max(64u, computer.usable())};
  return m;
}

std::vector<matrix> selection::matrices(const machine& computer) const {
  const suite& chosen = chosen_suite();
  std::vector<matrix> all = !commands.empty() ? std::vector{matrix_of_commands(computer)}
                            : names_cells()   ? std::vector{matrix_of_names(computer)}
                                              : chosen.matrices(computer);
  for (matrix& m : all) {
    for (const std::string& text : programs) {
      const std::string name = text.substr(0, text.find('='));
      if (std::none_of(m.models.begin(), m.models.end(),
                       [&](const named_parameters& model) { return model.name == name; }))
        m.models.push_back({name, {}});
    }
    if (!cores.empty()) m.cores = cores;
    if (!in_flight.empty()) m.in_flight = in_flight;
    m.rate = rate;
  }
  return all;
}

}  // namespace crossover
