#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace crossover {

/// Splits a command line into words as a POSIX shell does, without running one: quotes and
/// backslashes keep characters; nothing is expanded. Throws `error` (invalid) for an open quote or
/// if there is no word.
std::vector<std::string> split_words(std::string_view text);

/// Returns a word of a command line, quoted for a POSIX shell if necessary.
std::string shell_word(const std::string& word);

/// Throws `error` (invalid) unless the program of a command exists: a path, or a name in PATH.
void require_program(const std::vector<std::string>& words);

}  // namespace crossover
