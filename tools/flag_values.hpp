#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tools/commands.hpp"

namespace crossover {

// Values of flags as people write them. Each function object converts a text, or throws `error`
// (invalid) with the allowed values: "must be 0.001 to 3600".

/// Any text: a name, a file.
struct plain_text {
  const std::string& operator()(const std::string& text) const { return text; }
};

/// A decimal number.
struct decimal_text {
  double minimum = 0;
  double maximum = std::numeric_limits<double>::max();
  double operator()(const std::string& text) const;
};

/// A decimal number above 0.
struct positive_text {
  double operator()(const std::string& text) const;
};

/// A whole number.
struct whole_text {
  std::uint64_t minimum = 0;
  std::uint64_t maximum = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t operator()(const std::string& text) const;
};

/// A share: "5%" or "0.05".
struct share_text {
  double operator()(const std::string& text) const;
};

/// A probability between 0 and 1, as a share.
struct probability_text {
  double operator()(const std::string& text) const;
};

/// A duration above 0, in seconds: "5min", "90s" or "80ms".
struct duration_text {
  double operator()(const std::string& text) const;
};

/// One text from a list of choices.
struct word_text {
  string_list words;
  std::string operator()(const std::string& text) const;
};

/// Splits "1,2,4" at its commas.
string_list split_list(const std::string& text);

}  // namespace crossover
