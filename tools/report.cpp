#include <fmt/format.h>

#include <optional>
#include <utility>

#include "bench/results/results.hpp"
#include "reports/machine_types.hpp"
#include "reports/page.hpp"
#include "reports/tables.hpp"
#include "tools/command_line.hpp"
#include "workloads/base/atomic_file.hpp"

namespace crossover {
namespace {

struct report_flags {
  std::string file, out, baseline, format = "html";
  bool complete = false;

  void add_to(CLI::App& app) {
    app.add_option("FILE", file)->required()->option_text("FILE");
    add_value(app, "--out", "FILE", out, plain_text(),
              "output file (default report.html; tables: stdout)");
    add_value(app, "--baseline", "FILE", baseline, plain_text(),
              "earlier results to compare with, in every format");
    add_value(app, "--format", "NAME", format, word_text{{"html", "md", "csv", "json"}},
              "html, md, csv or json (default html)");
    app.add_flag("--complete", complete, "keep every sample in the page, regardless of size");
  }
};

}  // namespace

flag_table report_flag_table() { return table_of_flags<report_flags>(); }

int report_command(const string_list& arguments) {
  CLI::App app(
      "usage: crossover report [FLAGS] FILE\n"
      "Render results as one self-contained HTML page, or as a table for terminals and\n"
      "pull requests. Google Benchmark JSON files are accepted too.\n"
      "Example:  crossover report results.json --out report.html --baseline before.json",
      "report");
  report_flags flags;
  flags.add_to(app);
  if (!parse(app, arguments)) return exit_code::ok;
  const std::string& format = flags.format;
  const std::string out = !flags.out.empty() ? flags.out : format == "html" ? "report.html" : "-";
  check_writable(out);

  results measured = read_results(flags.file);
  // The page also embeds the results as they were measured.
  if (format != "html") measured = by_machine_type(std::move(measured));
  std::optional<results> earlier;
  if (!flags.baseline.empty()) earlier = by_machine_type(read_results(flags.baseline));
  const results* const before = earlier ? &*earlier : nullptr;
  const std::string text =
      format == "md"     ? table_markdown(measured, before)
      : format == "csv"  ? table_csv(measured, before)
      : format == "json" ? table_json(measured, before)
                         : page(measured, before, flags.complete ? complete_page() : page_limits());
  write_atomically(out, text);
  if (out != "-") fmt::print("{}\n", out);
  return exit_code::ok;
}

}  // namespace crossover
