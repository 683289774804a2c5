#pragma once

#include <string>

#include "bench/results/results.hpp"
#include "reports/page_data.hpp"

namespace crossover {

/// Renders the report as one HTML document. It works offline, and its content policy blocks network
/// access: `default-src 'none'`, with the hashes of its own scripts and style. `baseline` may be
/// null. The data are JSON, deflated if large. No content of the results makes it throw.
std::string page(const results& now, const results* baseline, const page_limits& limits = {});

}  // namespace crossover
