#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace crossover {

/// Description of a cell: one point of the matrix. It has plain values, so it can describe a cell
/// of another program or build, even if this build does not know its workload.
struct cell_spec {
  std::string workload;  ///< for a foreign benchmark: its family
  /// Values as given by the user, or the defaults: {"bytes":"64KiB"}.
  std::map<std::string, std::string> parameters;
  std::string model;  ///< empty for a foreign benchmark
  /// Those that differ from the defaults: {"backend":"poll"}.
  std::map<std::string, std::string> model_parameters;
  std::optional<std::uint32_t> cores;      ///< absent for a foreign benchmark
  std::optional<std::uint32_t> in_flight;  ///< absent for a foreign benchmark
  double rate = 0;  ///< operations per second of an open loop; 0: closed loop
  std::string
      endpoint;  ///< the user's own server, without its password; empty for the built-in one

  /// Type of the machines that measured it, if a report distinguishes several; not stored.
  std::string machine = {};

  /// Returns "reference", or "reference:backend=poll". Charts draw one line for each.
  std::string model_label() const;
  /// Returns the parameters, the rate of an open loop, the own server and the machine type: what a
  /// reader has to know.
  std::map<std::string, std::string> shown_parameters() const;

  bool operator==(const cell_spec&) const = default;
};

}  // namespace crossover
