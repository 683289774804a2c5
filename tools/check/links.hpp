#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "bench/results/results.hpp"
#include "workloads/base/error.hpp"

namespace crossover {

/// The programs of each side, baseline first: links of one build in different orders, as many on
/// both sides. Link k of the baseline is paired with link k of the candidate.
using side_links = std::array<std::vector<std::string>, 2>;

/// Returns the files that a side of a check names: one file, files separated by commas, or all
/// programs in a directory, by name. Throws `error` (unreadable) if one of several is not a
/// program.
std::vector<std::string> links_of_side(const std::string& text);

/// Returns the name of a side for display: "build/links (16 links)".
std::string side_text(const std::string& text, std::size_t links);

/// Pairs the links at random. Drops those of the side that has more.
side_links pair_links(side_links links, std::uint64_t seed);

/// Returns the number of pairs; 0 if both sides have a single link.
unsigned pair_count(const side_links& links);

/// Returns the remark on code layout for a check with these numbers of links. `tolerated`: a layout
/// file is given.
std::string layout_note(const std::array<std::size_t, 2>& links, bool tolerated);

/// Returns the error (unreadable) of a link that does not start.
error broken_link(const std::string& link, const std::string& reason);

/// Throws `error` (unreadable) unless `link` lists the same cells as the first link of its side.
void require_one_build(const std::string& first_link, const results& listed_by_first,
                       const std::string& link, const results& listed);

}  // namespace crossover
