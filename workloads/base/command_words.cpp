#include "workloads/base/command_words.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "workloads/base/error.hpp"

namespace crossover {

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = 0;
  const auto keep = [&](char c) {
    if (!in_word) words.emplace_back();
    in_word = true;
    if (c != 0) words.back() += c;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_last = i + 1 == text.size();
    if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
      keep(0);  // '' is an empty word
    } else if (c == '\\' && quote != '\'' && !is_last &&
               (quote == 0 || text[i + 1] == '"' || text[i + 1] == '\\')) {
      keep(text[++i]);
    } else if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
      in_word = false;
    } else {
      keep(c);
    }
  }
  if (quote != 0)
    throw error(error_kind::invalid, fmt::format("'{}': missing closing {}", text, quote));
  if (words.empty()) throw error(error_kind::invalid, "missing command");
  return words;
}

std::string shell_word(const std::string& word) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=,@%+-";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

void require_program(const std::vector<std::string>& words) {
  const std::string& program = words.front();
  const auto can_run = [](const std::string& path) { return ::access(path.c_str(), X_OK) == 0; };
  if (program.find('/') != std::string::npos) {
    if (can_run(program)) return;
    throw error(error_kind::invalid, fmt::format("'{}' is not an executable file", program));
  }
  const char* path = std::getenv("PATH");
  std::istringstream directories(path != nullptr ? path : "");
  for (std::string directory; std::getline(directories, directory, ':');)
    if (can_run(directory + "/" + program)) return;
  throw error(error_kind::invalid, fmt::format("'{}' not found in PATH", program));
}

}  // namespace crossover
