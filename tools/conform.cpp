#include <fmt/format.h>

#include "bench/measure/conformance.hpp"
#include "reports/escape.hpp"
#include "tools/command_line.hpp"
#include "workloads/base/atomic_file.hpp"
#include "workloads/base/command_words.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

struct conform_flags {
  std::string command, model = "conform", junit;
  double grace_s = 5;

  void add_to(CLI::App& app) {
    app.add_option("COMMAND", command)->option_text("COMMAND");
    add_value(app, "--model", "NAME", model, plain_text(), "model in prepare (default: conform)");
    add_value(app, "--grace", "S", grace_s, positive_text(),
              "time for each reply in seconds (default 5)");
    add_value(app, "--junit", "FILE", junit, plain_text(), "also write the results as JUnit XML");
  }
};

std::string text_of(const rule_result& result) {
  if (result.outcome == rule_outcome::kept) return fmt::format("ok      {}\n", result.rule->name);
  if (result.outcome == rule_outcome::unsupported)
    return fmt::format("none    {}: {}\n", result.rule->name, result.detail);
  return fmt::format("BROKEN  {}: {}\n        remedy: {}\n", result.rule->name, result.detail,
                     result.rule->remedy);
}

std::string junit_of(const std::vector<rule_result>& results) {
  std::string cases;
  std::size_t broken = 0, unsupported = 0;
  for (const rule_result& result : results) {
    cases += fmt::format("    <testcase classname=\"crossover.conform\" name=\"{}\" time=\"0\">",
                         xml_text(result.rule->name));
    if (result.outcome == rule_outcome::broken) {
      ++broken;
      cases += fmt::format("<failure message=\"{}\">remedy: {}</failure>", xml_text(result.detail),
                           xml_text(result.rule->remedy));
    } else if (result.outcome == rule_outcome::unsupported) {
      ++unsupported;
      cases += fmt::format("<skipped message=\"{}\"/>", xml_text(result.detail));
    }
    cases += "</testcase>\n";
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
      "  <testsuite name=\"crossover conform\" tests=\"{}\" failures=\"{}\" errors=\"0\" "
      "skipped=\"{}\" time=\"0\">\n{}  </testsuite>\n</testsuites>\n",
      results.size(), broken, unsupported, cases);
}

}  // namespace

flag_table conform_flag_table() { return table_of_flags<conform_flags>(); }

int conform_command(const string_list& arguments) {
  CLI::App app(
      "usage: crossover conform [FLAGS] COMMAND\n"
      "Check whether a program keeps the cell protocol (bench/cell/PROTOCOL.md), with\n"
      "sleep, and network if it has that. Exit code: 0 yes, 1 no. COMMAND is one\n"
      "argument.\n"
      "Example:  crossover conform './my_cell --fast'",
      "conform");
  conform_flags flags;
  flags.add_to(app);
  if (!parse(app, arguments)) return exit_code::ok;
  if (flags.command.empty())
    throw error(error_kind::invalid, "conform: missing command, as in crossover conform ./my_cell");
  conformance_subject subject{split_words(flags.command), flags.model,
                              read_machine().cpus.front().cpu, flags.grace_s};
  require_program(subject.command);
  if (!flags.junit.empty()) check_writable(flags.junit);
  catch_interrupts();
  std::vector<rule_result> results;
  std::size_t broken = 0;
  for (const conformance_rule& rule : conformance_rules()) {
    results.push_back(check_rule(rule, subject));
    broken += results.back().outcome == rule_outcome::broken ? 1 : 0;
    fmt::print("{}", text_of(results.back()));
    std::fflush(stdout);
    if (broken > 0 && results.size() == 1) break;  // the other rules need a prepared cell
  }
  fmt::print("{}\n", broken == 0 ? "the program keeps the protocol"
                                 : fmt::format("{} of {} rules broken; see PROTOCOL.md", broken,
                                               conformance_rules().size()));
  if (!flags.junit.empty()) write_atomically(flags.junit, junit_of(results));
  return broken == 0 ? exit_code::ok : exit_code::regression;
}

}  // namespace crossover
