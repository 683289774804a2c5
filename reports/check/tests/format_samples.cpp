#include <fstream>
#include <iostream>

#include "reports/check/formats/formats.hpp"
#include "reports/check/sample_comparison.hpp"

/// Writes four results in every format into a directory, for independent readers: `format_samples
/// DIR`.
int main(int count, char** arguments) {
  using namespace crossover;
  if (count != 2) {
    std::cerr << "format_samples DIR\n";
    return 64;
  }
  check_result pass;
  pass.baseline_name = pass.candidate_name = "results.json";
  pass.cells.emplace_back();
  pass.cells.back().name = "noop/serial";
  pass.cells.back().outcome = verdict::pass;
  const std::pair<const char*, check_result> all[] = {{"everything", sample_comparison()},
                                                      {"usual", usual_comparison()},
                                                      {"pass", pass},
                                                      {"nothing", check_result{}}};
  for (const auto& [name, result] : all)
    for (const output_format& format : all_formats()) {
      std::ofstream out(std::string(arguments[1]) + "/" + name + "." + std::string(format.name),
                        std::ios::binary);
      out << format.render(result);
      if (!out.flush()) return 74;
    }
}
