#include <cstdio>
#include <exception>
#include <optional>

#include "reports/page.hpp"
#include "workloads/base/atomic_file.hpp"

/// page_for_test FILE OUT [BASELINE]: writes the page of a results file, for the browser tests.
int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) {
    std::fprintf(stderr, "usage: page_for_test FILE OUT [BASELINE]\n");
    return 64;
  }
  try {
    const crossover::results now = crossover::read_results(argv[1]);
    std::optional<crossover::results> baseline;
    if (argc == 4) baseline = crossover::read_results(argv[3]);
    crossover::write_atomically(argv[2], crossover::page(now, baseline ? &*baseline : nullptr));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "page_for_test: %s\n", e.what());
    return 65;
  }
}
