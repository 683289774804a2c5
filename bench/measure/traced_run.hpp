#pragma once

#include <utility>

#include "bench/measure/arm.hpp"
#include "bench/results/trace.hpp"

namespace crossover {

/// Runs a cell once in a fresh process and returns its sample and trace. `operations_per_s`: the
/// cell's known throughput, for a run with a few operations per lane that is short enough to draw.
/// Throws `error`: unsupported if the kernel or the cell records no trace, resource if the cell is
/// too large to trace.
std::pair<sample, run_trace> trace_in_fresh_process(const cell_options& options,
                                                    const machine& computer, server_pool& servers,
                                                    const cell_spec& cell, double operations_per_s);

}  // namespace crossover
