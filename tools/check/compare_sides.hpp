#pragma once

#include <optional>
#include <string>

#include "reports/check/compare_files.hpp"
#include "reports/check/gate.hpp"
#include "tools/commands.hpp"

namespace crossover {

/// What `check` is asked, validated.
struct check_request {
  string_list sides;
  gate_options gate;
  file_options files;
  std::string filter, min_time;
  std::optional<double> deadline_s;
  string_list selection;  ///< flags of `list`; empty: the suite `check`
  double slower = 0;
  std::string slower_in;
  std::string history, commit;
};

/// Finds out what the sides are (programs of ours, other programs, results files) and compares
/// them. Throws `error`: invalid where the request does not fit them, else unreadable: trouble that
/// is nobody's cell's is that of the sides, never a regression.
check_result compare_sides(check_request& asked);

}  // namespace crossover
