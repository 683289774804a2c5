#pragma once

#include <string>

#include "bench/results/results.hpp"

namespace crossover {

/// The page's answers and table of cells in other formats. Skipped and failed cells are included,
/// with their reasons. `baseline` may be null.
///
/// Markdown for a pull request: answers, changes since the baseline, cells, cells that were not
/// measured, environment.
std::string table_markdown(const results& value, const results* baseline = nullptr);
/// CSV (RFC 4180), one row per cell: unrounded figures with the bounds of their intervals, empty if
/// not measured. With a baseline, each metric has three more columns: the ratio to the baseline and
/// its bounds.
std::string table_csv(const results& value, const results* baseline = nullptr);
/// The page's data (see page_data.hpp).
std::string table_json(const results& value, const results* baseline = nullptr);

}  // namespace crossover
