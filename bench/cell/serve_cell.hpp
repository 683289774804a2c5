#pragma once

#include <span>

#include "bench/models/model.hpp"

namespace crossover {

/// Serves the cell process's side of the protocol (PROTOCOL.md): reads one JSON request per line
/// from descriptor `in` and writes one reply per line to `out`, until end of input or `finish`. The
/// calling process must have no other thread yet. `prepare` accepts only `models`; if `model` is
/// given, it runs that one under any name. Returns the process's exit code.
int serve_cell(int in, int out, std::span<const model_type* const> models,
               const model_type* model = nullptr);

}  // namespace crossover
