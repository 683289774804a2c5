#include "tools/command_line.hpp"

#include <fmt/format.h>

#include <algorithm>

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

}  // namespace

bool parse(CLI::App& app, const string_list& arguments, string_list* benchmark_flags) {
  string_list mine;
  for (const std::string& word : arguments) {
    if (benchmark_flags != nullptr && word.starts_with("--benchmark_"))
      benchmark_flags->push_back(word);
    else
      mine.push_back(word);
  }
  app.allow_extras();
  try {
    std::reverse(mine.begin(), mine.end());
    app.parse(mine);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app.help());
    return false;
  } catch (const CLI::ParseError& trouble) {
    std::string what = trouble.what();
    std::replace(what.begin(), what.end(), '\n', ' ');
    throw error(error_kind::invalid, fmt::format("{}: {}; see crossover {} --help", app.get_name(),
                                                 what, app.get_name()));
  }
  for (const std::string& extra : app.remaining()) {
    if (extra == "--") continue;
    const std::string flag = extra.substr(0, extra.find('='));
    throw error(error_kind::invalid,
                extra.starts_with("-")
                    ? fmt::format("{} has no flag '{}': {}", app.get_name(), flag,
                                  suggestion(flag, flags_of(app)))
                    : fmt::format("{}: '{}' is one word too many; see crossover {} --help",
                                  app.get_name(), extra, app.get_name()));
  }
  return true;
}

void selection::add_to(CLI::App& app) {
  app.add_option("--workload", workloads, "NAME[:key=value,…], repeatable: what an operation does")
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("--model", models, "NAME[:key=value,…], repeatable: how operations are run")
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("--cores", cores, "1,2,4: how many CPUs the model may use")->delimiter(',');
  app.add_option("--in-flight", in_flight, "1,64,1024: operations outstanding at once")
      ->delimiter(',');
  app.add_option("--rate", rate, "operations a second: an open loop, for latency at a load")
      ->check(CLI::PositiveNumber);
  app.add_option("--suite", suite_name, "a named set of cells; see crossover list --suites");
  app.add_flag("--quick", quick, "a first look, under 20 s on 2 cores");
  app.add_flag("--thorough", thorough, "everything: hours on a large machine");
}

const suite& selection::chosen_suite() const {
  const int named = (quick ? 1 : 0) + (thorough ? 1 : 0) + (suite_name.empty() ? 0 : 1);
  if (named > 1)
    throw error(error_kind::invalid,
                "--quick, --thorough and --suite exclude each other: give one");
  if (quick) return find_suite("quick");
  if (thorough) return find_suite("thorough");
  return suite_name.empty() ? all_suites().front() : find_suite(suite_name);
}

string_list selection::flags(const std::string& otherwise) const {
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
  if (!flags.empty() && !names_cells) add("--suite", otherwise);
  return flags;
}

std::vector<matrix> selection::matrices(const machine& here) const {
  const suite& chosen = chosen_suite();
  std::vector<matrix> all;
  if (workloads.empty() && models.empty()) {
    all = chosen.matrices(here);
  } else {
    matrix m;
    for (const std::string& text : workloads) m.workloads.push_back(parse_named_parameters(text));
    for (const std::string& text : models) m.models.push_back(parse_named_parameters(text));
    if (workloads.empty())
      for (const workload_type* type : all_workloads())
        m.workloads.push_back({std::string(type->name), {}});
    if (models.empty())
      for (const model_type* type : all_models()) m.models.push_back({std::string(type->name), {}});
    m.cores = standard_cores(here);
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

}  // namespace crossover
