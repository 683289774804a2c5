#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/results/json_text.hpp"
#include "bench/results/results.hpp"
#include "reports/check/compare_files.hpp"
#include "reports/check/history.hpp"
#include "reports/check/thresholds.hpp"
#include "tools/fuzzing/target.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

/// Calls `read`, which refuses bad input with an `error` of one of two kinds.
template <typename Read>
void refuses_bad_input(const Read& read) {
  try {
    read();
  } catch (const error& e) {
    require(e.kind() == error_kind::unreadable || e.kind() == error_kind::invalid,
            "bad input is unreadable or invalid");
  }
}

std::vector<std::string_view> lines_of(std::string_view text, std::size_t limit) {
  std::vector<std::string_view> lines;
  while (!text.empty() && lines.size() < limit) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end == std::string_view::npos ? end : end + 1));
  }
  return lines;
}

void file_names(const results& measured, const std::string& commit) {
  refuses_bad_input([&] {
    const std::filesystem::path file = history_file("history", commit, measured);
    require(file.lexically_normal() == file && file.parent_path().parent_path() == "history" &&
                file.extension() == ".json",
            "a run's file is in the folder of its machine");
  });
}

}  // namespace

/// A line of thresholds, a commit, and one results document per line: a history and the new run.
void fuzz_check(std::string_view input) {
  const std::vector<std::string_view> lines = lines_of(input, 12);
  if (lines.size() < 3) return;
  file_options options;
  refuses_bad_input(
      [&] { options.per_cell = thresholds_from_json(parse_json(lines[0]), "rules"); });
  const std::string commit(lines[1]);
  std::vector<history_entry> history;
  refuses_bad_input([&] {
    for (const std::string_view line : std::span(lines).subspan(2))
      history.push_back({commit, parse_results(line, "results.json")});
  });
  if (history.empty()) return;
  const results measured = history.back().measured;
  file_names(measured, commit);
  history.pop_back();
  if (history.empty()) return;
  refuses_bad_input([&] { compare_files(history.back().measured, measured, options); });
  history_options of_history;
  of_history.files = options;
  of_history.changes.permutations = 19;
  refuses_bad_input([&] { compare_with_history(history, measured, of_history); });
}

}  // namespace crossover
