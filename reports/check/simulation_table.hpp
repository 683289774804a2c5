#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "reports/statistics/binomial.hpp"

namespace crossover {

/// Arguments of a program that prints a table of simulated suites: `[SUITES [SEED]]`.
struct simulation_arguments {
  simulation_arguments(int count, char** arguments, unsigned default_suites)
      : suites(count > 1 ? static_cast<unsigned>(std::strtoul(arguments[1], nullptr, 10))
                         : default_suites),
        seed(count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 61) {}

  unsigned suites;
  std::uint64_t seed;
};

/// A share with its exact 95 % interval: "0.52 % (0.39 to 0.68)".
inline std::string hits_text(unsigned hits, unsigned suites, int decimals = 2) {
  const counted_share c = clopper_pearson(hits, suites);
  return fmt::format("{1:.{0}f} % ({2:.{0}f} to {3:.{0}f})", decimals, c.share * 100, c.lower * 100,
                     c.upper * 100);
}

}  // namespace crossover
