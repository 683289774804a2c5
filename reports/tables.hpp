#pragma once

#include <string>

#include "bench/results.hpp"

namespace crossover {

/// The page's answers and its table of cells in other forms; skipped and failed cells with their reasons included.
/// Markdown is meant for a pull request: the answers, then the table, then what is missing and the machine.
std::string table_markdown(const results& value);
/// One row a cell, RFC 4180; figures unrounded, with the bounds of their intervals; empty where not measured.
std::string table_csv(const results& value);
/// The page's data (see page_data.hpp).
std::string table_json(const results& value);

}  // namespace crossover
