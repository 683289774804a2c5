#pragma once

#include <string>

#include "bench/results/results.hpp"
#include "reports/page_data.hpp"

namespace crossover {

/// The report: one HTML document that needs no network and allows itself none (its policy is
/// `default-src 'none'`, with the hashes of its own script and style). `baseline` may be null. Its
/// data are JSON, deflated where they are large. Never throws for what stands in the results.
std::string page(const results& now, const results* baseline, const page_limits& limits = {});

}  // namespace crossover
