#include <fmt/format.h>

#include <cstdlib>

#include "reports/check/simulated_gate.hpp"

/// Prints the gate's error rates on simulated suites of 20 cells as a Markdown table:
/// `gate_simulation [SUITES [SEED]]`.
int main(int count, char** arguments) {
  using namespace crossover;
  const unsigned suites =
      count > 1 ? static_cast<unsigned>(std::strtoul(arguments[1], nullptr, 10)) : 10'000;
  const std::uint64_t seed = count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 61;
  const auto share = [&](unsigned hits) {
    const counted_share c = clopper_pearson(hits, suites);
    return fmt::format("{:.2f} % ({:.2f} to {:.2f})", c.share * 100, c.lower * 100, c.upper * 100);
  };
  struct {
    const char* name;
    noise_kind kind;
  } kinds[] = {{"normal", noise_kind::normal},
               {"autocorrelated", noise_kind::autocorrelated},
               {"heavy-tailed (t, 3)", noise_kind::heavy_tailed},
               {"bimodal", noise_kind::bimodal}};
  struct {
    const char* name;
    double shift, slower;
  } truths[] = {{"identical", 0, 0},
                {"every cell slower by the tolerated 1 %", 0.01, 0},
                {"one cell slower by 5 %", 0, 0.05}};
  fmt::print(
      "{} suites of 20 cells each, seed {}; in parentheses the 95 % interval of Clopper and "
      "Pearson\n\n",
      suites, seed);
  fmt::print(
      "| noise | block s.d. | scenario | false alarm in the suite | slower cell found | slower "
      "cell "
      "passed | "
      "suite passed | blocks per suite |\n");
  fmt::print("|---|---|---|---|---|---|---|---|\n");
  for (const double sd : {0.015, 0.03})
    for (const auto& kind : kinds)
      for (const auto& truth : truths) {
        const gate_record r = simulate_gate({.suites = suites,
                                             .kind = kind.kind,
                                             .sd = sd,
                                             .shift = truth.shift,
                                             .slower = truth.slower,
                                             .seed = seed});
        fmt::print("| {} | {:.1f} % | {} | {} | {} | {} | {} | {:.0f} |\n", kind.name, sd * 100,
                   truth.name, share(r.false_alarms), truth.slower > 0 ? share(r.found) : "",
                   truth.slower > 0 ? share(r.missed) : "", share(r.passed), r.blocks);
        std::fflush(stdout);
      }
}
