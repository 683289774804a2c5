#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "bench/results/findings.hpp"
#include "tools/command_line.hpp"
#include "workloads/registry.hpp"

namespace crossover {
namespace {

using nlohmann::ordered_json;

ordered_json parameters_json(std::span<const parameter> parameters) {
  ordered_json list = ordered_json::array();
  for (const parameter& p : parameters)
    list.push_back({{"name", p.name},
                    {"default", p.default_value},
                    {"choices", p.choices},
                    {"description", p.description}});
  return list;
}

ordered_json suites_json() {
  ordered_json list = ordered_json::array();
  for (const suite& s : all_suites())
    list.push_back({{"name", s.name},
                    {"description", s.description},
                    {"seconds", s.seconds},
                    {"budget_s", s.budget_s}});
  return list;
}

ordered_json findings_json() {
  ordered_json list = ordered_json::array();
  for (const finding_type& f : all_findings())
    list.push_back({{"code", f.code},
                    {"meaning", f.meaning},
                    {"threshold", f.threshold},
                    {"effect", to_string(f.effect)},
                    {"remedy", f.remedy}});
  return list;
}

ordered_json as_json(const std::vector<planned_cell>& cells) {
  ordered_json out;
  for (const workload_type* type : all_workloads())
    out["workloads"].push_back({{"name", type->name},
                                {"summary", type->summary},
                                {"parameters", parameters_json(type->parameters)}});
  for (const model_type* type : all_models())
    out["models"].push_back({{"name", type->name},
                             {"summary", type->summary},
                             {"program", type->program},
                             {"command", other_program_of(*type, cells_directory())},
                             {"parameters", parameters_json(type->parameters)}});
  out["suites"] = suites_json();
  out["findings"] = findings_json();
  out["cells"] = ordered_json::array();
  for (const planned_cell& cell : cells) {
    ordered_json row = {{"name", cell.name}};
    row.update(to_json(static_cast<const cell_spec&>(cell)));
    row["status"] = cell.skip_reason.empty() ? "runnable" : "skipped";
    row["reason"] = cell.skip_reason;
    out["cells"].push_back(std::move(row));
  }
  return out;
}

void print_suites() {
  for (const suite& s : all_suites())
    fmt::print("{}", help_line(std::string(s.name), std::string(s.description)));
}

void print_table(const std::vector<planned_cell>& cells) {
  fmt::print("workloads\n");
  for (const workload_type* type : all_workloads()) {
    fmt::print("  {:<12} {}\n", type->name, type->summary);
    for (const parameter& p : type->parameters)
      fmt::print("  {:<12}   {}={}  {}{}\n", "", p.name, p.default_value, p.description,
                 p.choices.empty() ? "" : fmt::format(" ({})", p.choices));
  }
  fmt::print("\nmodels\n");
  for (const model_type* type : all_models()) {
    fmt::print("  {:<14} {}\n", type->name, type->summary);
    for (const parameter& p : type->parameters)
      fmt::print("  {:<14}   {}={}  {}{}\n", "", p.name, p.default_value, p.description,
                 p.choices.empty() ? "" : fmt::format(" ({})", p.choices));
  }
  fmt::print("\nsuites\n");
  print_suites();
  std::size_t skipped = 0;
  fmt::print("\ncells\n");
  for (const planned_cell& cell : cells) {
    fmt::print("  {}{}\n", cell.name,
               cell.skip_reason.empty() ? "" : "  skipped: " + cell.skip_reason);
    skipped += cell.skip_reason.empty() ? 0 : 1;
  }
  fmt::print("{} cells, {} of them skipped\n", cells.size(), skipped);
}

struct list_flags {
  selection cells;
  bool json = false, suites = false;

  void add_to(CLI::App& app) {
    cells.add_to(app);
    app.add_flag("--suites", suites, "list only the suites");
    app.add_flag("--json", json, "print JSON");
  }
};

}  // namespace

flag_table list_flag_table() { return table_of_flags<list_flags>(); }

int list_command(const string_list& arguments) {
  CLI::App app(
      "usage: crossover list [FLAGS]\n"
      "List workloads, models and suites, and the cells that `crossover run` with the\n"
      "same flags measures, with the reason for each skipped cell.\n"
      "Example:  crossover list --workload network --cores 1,2 --json",
      "list");
  list_flags flags;
  flags.add_to(app);
  if (!parse(app, arguments)) return exit_code::ok;
  flags.cells.add_models();
  if (flags.suites) {
    if (flags.json)
      fmt::print("{}\n", ordered_json{{"suites", suites_json()}}.dump(1));
    else
      print_suites();
    return exit_code::ok;
  }
  const machine computer = read_machine();
  const auto cells = plan(flags.cells.matrices(computer), computer, read_limits());
  if (flags.json)
    fmt::print("{}\n", as_json(cells).dump(1));
  else
    print_table(cells);
  return exit_code::ok;
}

}  // namespace crossover
