#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <optional>

#include "bench/results/results.hpp"
#include "reports/page.hpp"
#include "reports/tables.hpp"
#include "tools/command_line.hpp"
#include "workloads/base/atomic_file.hpp"

namespace crossover {

int report_command(const string_list& arguments) {
  CLI::App app(
      "What results say: one self-contained HTML page, or a table for terminals and pull "
      "requests.\n"
      "Reads plain Google Benchmark files too.\n"
      "Example:  crossover report results.json --out report.html --baseline before.json",
      "report");
  std::string file, out, baseline, format = "html";
  app.add_option("FILE", file, "a results file")->required();
  app.add_option("--out", out,
                 "the page (default report.html), or the table (default: standard output)");
  app.add_option(
      "--baseline", baseline,
      "results to compare with: drawn dashed, with a table of changes (in every format)");
  app.add_option("--format", format, "html, md, csv or json")
      ->check(CLI::IsMember({"html", "md", "csv", "json"}));
  bool complete = false;
  app.add_flag("--complete", complete, "keep every sample in the page, however large it becomes");
  if (!parse(app, arguments)) return exit_code::ok;
  if (out.empty() && format == "html") out = "report.html";
  if (!out.empty()) check_writable(out);

  const results now = read_results(file);
  std::optional<results> before;
  if (!baseline.empty()) before = read_results(baseline);
  const results* const old = before ? &*before : nullptr;
  const std::string text = format == "md"    ? table_markdown(now, old)
                           : format == "csv" ? table_csv(now, old)
                           : format == "json"
                               ? table_json(now, old)
                               : page(now, old, complete ? complete_page() : page_limits());
  if (out.empty()) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return exit_code::ok;
  }
  write_atomically(out, text);
  fmt::print("{}\n", out);
  return exit_code::ok;
}

}  // namespace crossover
