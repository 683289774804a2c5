#pragma once

#include "bench/results/metrics.hpp"

namespace crossover {

/// Returns whether this is a headline metric. Changes are shown only for these, and their single
/// repetitions are left out last.
bool is_headline(const metric& of, bool foreign);

}  // namespace crossover
