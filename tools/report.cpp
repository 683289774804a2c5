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
      "usage: crossover report [FLAGS] FILE\n"
      "Render results as one self-contained HTML page, or as a table for terminals and\n"
      "pull requests. Google Benchmark JSON files are accepted too.\n"
      "Example:  crossover report results.json --out report.html --baseline before.json",
      "report");
  std::string file, out, baseline, format = "html";
  app.add_option("FILE", file)->required();
  app.add_option("--out", out, "output file (default report.html; tables: stdout)")
      ->option_text("FILE");
  app.add_option("--baseline", baseline, "earlier results to compare with, in every format")
      ->option_text("FILE");
  app.add_option("--format", format, "html, md, csv or json (default html)")
      ->option_text("NAME")
      ->check(CLI::IsMember({"html", "md", "csv", "json"}));
  bool complete = false;
  app.add_flag("--complete", complete, "keep every sample in the page, regardless of size");
  if (!parse(app, arguments)) return exit_code::ok;
  if (out.empty() && format == "html") out = "report.html";
  if (!out.empty()) check_writable(out);

  const results measured = read_results(file);
  std::optional<results> earlier;
  if (!baseline.empty()) earlier = read_results(baseline);
  const results* const before = earlier ? &*earlier : nullptr;
  const std::string text = format == "md"    ? table_markdown(measured, before)
                           : format == "csv" ? table_csv(measured, before)
                           : format == "json"
                               ? table_json(measured, before)
                               : page(measured, before, complete ? complete_page() : page_limits());
  if (out.empty()) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return exit_code::ok;
  }
  write_atomically(out, text);
  fmt::print("{}\n", out);
  return exit_code::ok;
}

}  // namespace crossover
