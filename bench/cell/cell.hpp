#pragma once

#include <span>

#include "bench/models/model.hpp"

namespace crossover {

/// The cell process's side of the protocol (PROTOCOL.md): reads requests from descriptor `in`, a
/// JSON object a line, and answers on `out` until the input ends or `finish` came. The calling
/// process must have no other thread yet. `models` are those that `prepare` may name. Returns the
/// process's exit code.
int serve_cell(int in, int out, std::span<const model_type* const> models);

}  // namespace crossover
