#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace crossover {

/// Returns the candidate with the smallest edit distance to a misspelt word, or "" if the distance
/// exceeds a third of the word's length (1 for short words).
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// Returns the end of an error message about an unknown word: "did you mean 'sleep'? (known: noop,
/// sleep)".
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace crossover
