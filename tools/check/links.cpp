#include "tools/check/links.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "reports/units.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

bool is_program(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

std::vector<std::string> programs_in(const std::string& directory) {
  std::vector<std::string> programs;
  std::error_code failure;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, failure))
    if (is_program(entry.path())) programs.push_back(entry.path().string());
  if (failure)
    throw error(error_kind::unreadable, fmt::format("{}: {}", directory, failure.message()));
  if (programs.empty())
    throw error(error_kind::unreadable,
                fmt::format("{}: not a file, and a directory without programs; expected a results "
                            "file, a program, or links of one program",
                            directory));
  std::sort(programs.begin(), programs.end());
  return programs;
}

std::string first_difference(const std::set<std::string>& from, const std::set<std::string>& in) {
  const auto other =
      std::find_if(from.begin(), from.end(), [&](const auto& name) { return !in.contains(name); });
  return other == from.end() ? "" : *other;
}

std::set<std::string> names_of(const results& listed) {
  std::set<std::string> names;
  for (const cell_result& cell : listed.cells) names.insert(cell.name);
  return names;
}

}  // namespace

std::vector<std::string> links_of_side(const std::string& text) {
  std::error_code ignored;
  if (fs::is_directory(text, ignored)) return programs_in(text);
  if (fs::exists(text, ignored) || text.find(',') == std::string::npos) return {text};
  std::vector<std::string> links;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string link = text.substr(begin, end - begin);
    if (!is_program(link))
      throw error(error_kind::unreadable,
                  fmt::format("{}: {}; expected links of one program, separated by commas",
                              link.empty() ? "'" + text + "'" : link,
                              link.empty()                ? "an empty name between commas"
                              : fs::exists(link, ignored) ? "not a program"
                                                          : "no such file"));
    links.push_back(link);
    begin = end + 1;
  }
  return links;
}

std::string side_text(const std::string& text, std::size_t links) {
  if (links == 1) return text;
  return fmt::format("{} ({} links)", text.substr(0, text.find(',')), links);
}

side_links pair_links(side_links links, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const std::size_t pairs = std::min(links[0].size(), links[1].size());
  for (std::vector<std::string>& side : links) {
    for (std::size_t i = side.size(); i > 1; --i) std::swap(side[i - 1], side[random() % i]);
    side.resize(pairs);
  }
  return links;
}

unsigned pair_count(const side_links& links) {
  return links[0].size() > 1 ? static_cast<unsigned>(links[0].size()) : 0;
}

std::string layout_note(const std::array<std::size_t, 2>& links, bool tolerated) {
  const std::size_t pairs = std::min(links[0], links[1]);
  if (pairs > 1)
    return fmt::format(
        "code layout is averaged over {} pairs of links{}", pairs,
        links[0] == links[1] ? "" : fmt::format(" ({} and {} were given)", links[0], links[1]));
  if (tolerated)
    return "one link of each side: differences of code layout are tolerated (--layout)";
  return "one link of each side: code layout is not averaged over, and its changes look like "
         "changes of the program; give several links (docs/check.md)";
}

error broken_link(const std::string& link, const std::string& reason) {
  return error(error_kind::unreadable,
               fmt::format("{}: does not start: {}; link it again or leave it out", link, reason));
}

void require_one_build(const std::string& first_link, const results& listed_by_first,
                       const std::string& link, const results& listed) {
  const std::set<std::string> expected = names_of(listed_by_first), names = names_of(listed);
  if (names == expected) return;
  const std::string missing = first_difference(expected, names);
  throw error(error_kind::unreadable,
              fmt::format("{} and {}: not links of one build: only {} has '{}'; link the same "
                          "objects several times",
                          first_link, link, missing.empty() ? "the second" : "the first",
                          missing.empty() ? first_difference(names, expected) : missing));
}

}  // namespace crossover
