#pragma once

#include <nlohmann/json_fwd.hpp>

namespace crossover {

/// Rewrites the `crossover` member of a schema 1 document (up to November 2026) to schema 2, which
/// renamed keys and finding codes, and made the rate and the model's parameters members of a cell.
void upgrade_from_schema_1(nlohmann::json& document);

}  // namespace crossover
