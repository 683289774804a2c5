#pragma once

#include <span>

#include "bench/models/model.hpp"

namespace crossover {

/// The library beneath a model and nothing else, for measuring what the model adds to it:
/// `bare_tasks` (chains of oneTBB tasks), `bare_posts` (handlers that post themselves again to an
/// io_context). They run `noop` alone, and time no operation.
std::span<const model_type* const> bare_models();

}  // namespace crossover
