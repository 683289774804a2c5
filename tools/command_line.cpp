#include "tools/command_line.hpp"

#include "reports/check/thresholds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <string_view>

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

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

/// Returns a flag and its description, wrapped at 80 columns.
std::string help_line(const std::string& flag, const std::string& description) {
  std::string lines, line = fmt::format("  {:<{}}", flag, text_column - 3);
  std::istringstream words(description);
  for (std::string word; words >> word; line += " " + word)
    if (columns_of(line) + 1 + columns_of(word) > screen_columns) {
      lines += line + "\n";
      line.assign(text_column - 1, ' ');
    }
  return lines + line + "\n";
}

/// Returns the description and the flags, for a terminal of 80 columns.
std::string help_of(const CLI::App& app) {
  std::string text = app.get_description() + "\n\n";
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty() || option->get_positional()) continue;
    const std::string& placeholder = option->get_option_text();
    text +=
        help_line(option->get_name(false, true) + (placeholder.empty() ? "" : " " + placeholder),
                  option->get_description());
  }
  return text;
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
  } catch (const CLI::ParseError& e) {
    std::string message = e.what();
    std::replace(message.begin(), message.end(), '\n', ' ');
    throw error(error_kind::invalid, fmt::format("{}: {}; see crossover {} --help", app.get_name(),
                                                 message, app.get_name()));
  }
  for (const std::string& extra : app.remaining()) {
    if (extra == "--") continue;
    const std::string flag = extra.substr(0, extra.find('='));
    throw error(error_kind::invalid,
                extra.starts_with("-")
                    ? fmt::format("{} has no flag '{}': {}", app.get_name(), flag,
                                  suggestion(flag, flags_of(app)))
                    : fmt::format("{}: unexpected argument '{}'; see crossover {} --help",
                                  app.get_name(), extra, app.get_name()));
  }
  return true;
}

void selection::add_to(CLI::App& app, const std::string& group) {
  const auto add = [&](const char* flag, const char* placeholder, auto& value, const char* help) {
    return app.add_option(flag, value, help)->option_text(placeholder)->group(group);
  };
  add("--workload", "NAME[:K=V,…]", workloads, "operation to measure; repeatable")
      ->take_all()
      ->allow_extra_args(false);
  add("--model", "NAME[:K=V,…]", models, "concurrency model; repeatable")
      ->take_all()
      ->allow_extra_args(false);
  add("--cores", "1,2,4", cores, "numbers of CPUs to use")->delimiter(',');
  add("--in-flight", "1,64,1024", in_flight, "numbers of operations in flight")->delimiter(',');
  add("--rate", "R", rate, "open loop: start R operations per second")->check(CLI::PositiveNumber);
  add("--suite", "NAME", suite_name, "named set of cells (see crossover list --suites)");
  app.add_flag("--quick", quick, "quick overview, under 20 s on 2 cores")->group(group);
  app.add_flag("--thorough", thorough, "measure everything; takes hours")->group(group);
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
  for (const std::uint32_t n : cores) add("--cores", std::to_string(n));
  for (const std::uint32_t n : in_flight) add("--in-flight", std::to_string(n));
  if (rate > 0) add("--rate", fmt::format("{}", rate));
  if (!suite_name.empty()) add("--suite", suite_name);
  if (quick) flags.emplace_back("--quick");
  if (thorough) flags.emplace_back("--thorough");
  const bool names_cells =
      !workloads.empty() || !models.empty() || !suite_name.empty() || quick || thorough;
  if (!flags.empty() && !names_cells) add("--suite", fallback);
  return flags;
}

std::vector<matrix> selection::matrices(const machine& computer) const {
  const suite& chosen = chosen_suite();
  std::vector<matrix> all;
  if (workloads.empty() && models.empty()) {
    all = chosen.matrices(computer);
  } else {
    matrix m;
    for (const std::string& text : workloads) m.workloads.push_back(parse_named_parameters(text));
    for (const std::string& text : models) m.models.push_back(parse_named_parameters(text));
    if (workloads.empty())
      for (const workload_type* type : all_workloads())
        m.workloads.push_back({std::string(type->name), {}});
    if (models.empty())
      for (const model_type* type : all_models()) m.models.push_back({std::string(type->name), {}});
    m.cores = standard_cores(computer);
    m.in_flight = {64};
    all.push_back(std::move(m));
  }
  for (matrix& m : all) {
    if (!cores.empty()) m.cores = cores;
    if (!in_flight.empty()) m.in_flight = in_flight;
    m.rate = rate;
  }
  return all;
}

double share_of(const char* flag, const std::string& text) {
  const std::optional<double> share = share_from_text(text);
  if (!share)
    throw error(error_kind::invalid,
                fmt::format("{} {}: not a share; expected 5% or 0.05", flag, text));
  return *share;
}

double seconds_of(const char* flag, const std::string& text) {
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string unit(end, text.data() + text.size());
  const double scale = unit == "s"     ? 1
                       : unit == "min" ? 60
                       : unit == "h"   ? 3600
                       : unit == "ms"  ? 0.001
                                       : 0;
  if (failure != std::errc{} || !(scale > 0) || !(value > 0) || value > 1e6)
    throw error(error_kind::invalid,
                fmt::format("{} {}: not a time; expected 5min, 90s or 1h", flag, text));
  return value * scale;
}

}  // namespace crossover
