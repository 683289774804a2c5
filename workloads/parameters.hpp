#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace crossover {

/// How a parameter's value is written and what it becomes.
enum class parameter_kind {
  size,      ///< "64KiB": a number of bytes
  duration,  ///< "10ms": a number of nanoseconds
  count,     ///< "1000"
  choice,    ///< one of `choices`, separated by '|'
  text,      ///< anything (an address)
};

/// One parameter of a workload or of a model.
struct parameter {
  std::string_view name;
  parameter_kind kind = parameter_kind::count;
  std::string_view standard;  ///< the default, as a user would write it
  std::uint64_t least = 0;    ///< of a size (bytes), duration (ns) or count
  std::uint64_t most = 0;
  std::string_view choices = {};  ///< "sha256|sha1"
  std::string_view about = {};    ///< for --help
};

/// The values of all of a workload's parameters, valid by construction.
class parameter_values {
 public:
  parameter_values() = default;
  /// Fills in defaults for what is not given. Throws `error` (invalid) in one line that names the
  /// nearest known parameter, or the allowed range. `owner` is the workload's name, for that
  /// message.
  parameter_values(std::string_view owner, std::span<const parameter> known,
                   const std::map<std::string, std::string>& given);

  /// The number of a size, duration (ns) or count. The name must be one of the known.
  std::uint64_t number(std::string_view name) const { return numbers_.find(name)->second; }
  /// The canonical spelling: a size 65536 is "64KiB".
  const std::string& text(std::string_view name) const { return texts_.find(name)->second; }
  const std::map<std::string, std::string, std::less<>>& texts() const { return texts_; }

 private:
  std::map<std::string, std::string, std::less<>> texts_;
  std::map<std::string, std::uint64_t, std::less<>> numbers_;
};

/// Splits "network:bytes=64,delay=1ms" into its name and parameters. Throws `error` (invalid).
struct named_parameters {
  std::string name;
  std::map<std::string, std::string> given;
};
named_parameters parse_named_parameters(std::string_view text);

}  // namespace crossover
