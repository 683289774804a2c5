#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace crossover {

/// The candidate that a misspelt word most likely meant (edit distance at most a third of its
/// length, at least 1), or "".
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// The tail of an error message on an unknown word: "did you mean 'sleep'? (known: noop, sleep)".
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace crossover
