#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace crossover {

/// Type of a parameter's value, and how it is written.
enum class parameter_kind {
  size,      ///< "64KiB": a number of bytes
  duration,  ///< "10ms": a number of nanoseconds
  count,     ///< "1000"
  choice,    ///< one of `choices`, separated by '|'
  text,      ///< any text (an address)
};

/// One parameter of a workload or of a model.
struct parameter {
  std::string_view name;
  parameter_kind kind = parameter_kind::count;
  std::string_view default_value;  ///< as a user would write it
  std::uint64_t minimum = 0;       ///< of a size (bytes), duration (ns) or count
  std::uint64_t maximum = 0;
  std::string_view choices = {};      ///< "sha256|sha1"
  std::string_view description = {};  ///< shown by --help
};

/// Validated values of all parameters of a workload or model.
class parameter_values {
 public:
  parameter_values() = default;
  /// Uses defaults for missing values. Throws `error` (invalid) with the nearest known parameter or
  /// the allowed range. `owner`: the name of the workload or model, for the message.
  parameter_values(std::string_view owner, std::span<const parameter> known,
                   const std::map<std::string, std::string>& arguments);

  /// Returns the name of the workload or model.
  const std::string& owner() const { return owner_; }
  /// Returns the value of a size (bytes), duration (ns) or count. Throws `error` (invalid) if there
  /// is none of this name.
  std::uint64_t number(std::string_view name) const;
  /// Returns the canonical spelling: a size of 65536 is "64KiB". Throws `error` (invalid) if there
  /// is none of this name.
  const std::string& text(std::string_view name) const;
  const std::map<std::string, std::string, std::less<>>& texts() const { return texts_; }

 private:
  std::string owner_;
  std::map<std::string, std::string, std::less<>> texts_;
  std::map<std::string, std::uint64_t, std::less<>> numbers_;
};

/// "network:bytes=64,delay=1ms", split into name and parameters.
struct named_parameters {
  std::string name;
  std::map<std::string, std::string> values;
};
/// Throws `error` (invalid) if the text is malformed.
named_parameters parse_named_parameters(std::string_view text);

/// Splits a list of names: "network:bytes=1KiB,delay=1ms,sleep" is "network:bytes=1KiB,delay=1ms"
/// and "sleep". A comma separates names, except before key=value, which belongs to the name before
/// it. Throws `error` (invalid) if that name has no colon.
std::vector<std::string> split_names(std::string_view text);

}  // namespace crossover
