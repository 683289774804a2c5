#pragma once

#include <span>

#include "bench/models/model.hpp"

namespace crossover {

/// The libraries that models are built on, without a model: they show what a model adds.
/// `bare_tasks` has chains of oneTBB tasks, `bare_posts` handlers that post themselves again to an
/// io_context. They run only `noop` and time no operation.
std::span<const model_type* const> bare_models();

}  // namespace crossover
