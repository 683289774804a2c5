#pragma once

#include <span>
#include <stdexcept>
#include <string_view>

namespace crossover {

/// A function that reads input from outside. Bad input is an `error`, which the target catches;
/// everything else that it throws is a fault of the program.
struct fuzz_target {
  std::string_view name;        ///< also its folder in corpus/
  std::string_view dictionary;  ///< file in dictionaries/ with words of the format, or ""
  void (*run)(std::string_view input);
};

/// Returns all targets.
std::span<const fuzz_target> all_fuzz_targets();

/// Returns the target with this name. Throws `std::invalid_argument` that names all targets.
const fuzz_target& find_fuzz_target(std::string_view name);

/// Thrown if a property does not hold for an input.
class broken_property : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// Throws `broken_property` unless `holds`.
inline void require(bool holds, const char* property) {
  if (!holds) throw broken_property(property);
}

// The targets, one file each.
void fuzz_check(std::string_view input);
void fuzz_protocol(std::string_view input);
void fuzz_replies(std::string_view input);
void fuzz_results(std::string_view input);
void fuzz_servers(std::string_view input);
void fuzz_words(std::string_view input);

}  // namespace crossover
