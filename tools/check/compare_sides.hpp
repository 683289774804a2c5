#pragma once

#include <optional>
#include <string>

#include "reports/check/compare_files.hpp"
#include "reports/check/gate.hpp"
#include "tools/commands.hpp"

namespace crossover {

/// Validated arguments of `check`.
struct check_request {
  string_list sides;
  /// Commands of two cell programs, which are the sides. The selection has only their model.
  std::vector<string_list> cell_commands;
  gate_options gate;
  file_options files;
  string_list launcher;  ///< command prefix of the cells
  std::string filter, min_time;
  std::optional<double> grace_s;
  string_list selection;  ///< flags of `list`; empty: the suite `check`
  double slower = 0;      ///< percent added to the operations of NEW, to test check itself
  std::string slower_in;  ///< filter of the cells that `slower` applies to
  std::string layout;     ///< file of `tools/layout`; empty: none
  std::string history, commit;
};

/// Detects what the sides are (builds of crossover, other programs, results files) and compares
/// them. Throws `error`: invalid if the request does not fit the sides, otherwise unreadable. A
/// failure outside any cell is an input error, never a regression.
check_result compare_sides(const check_request& request);

}  // namespace crossover
