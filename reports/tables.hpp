#pragma once

#include <string>

#include "bench/results/results.hpp"

namespace crossover {

/// The page's answers and its table of cells in other forms; skipped and failed cells with their
/// reasons included. `baseline` may be null. Markdown is meant for a pull request: the answers, the
/// changes since the baseline, the table, then what is missing and the machine.
std::string table_markdown(const results& value, const results* baseline = nullptr);
/// One row a cell, RFC 4180; figures unrounded, with the bounds of their intervals; empty where not
/// measured. With a baseline each metric has three more columns: the ratio to the baseline's figure
/// and its bounds.
std::string table_csv(const results& value, const results* baseline = nullptr);
/// The page's data (see page_data.hpp).
std::string table_json(const results& value, const results* baseline = nullptr);

}  // namespace crossover
