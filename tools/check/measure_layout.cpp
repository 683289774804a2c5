#include "tools/check/measure_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <numbers>
#include <random>

#include "bench/measure/progress.hpp"
#include "bench/results/json_text.hpp"
#include "reports/statistics/link_pairs.hpp"
#include "tools/check/pair_builds.hpp"
#include "tools/command_line.hpp"
#include "tools/progress.hpp"
#include "workloads/base/atomic_file.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

using nlohmann::ordered_json;

struct layout_request {
  string_list operands;
  std::string out = "-", build;
  unsigned blocks = 3;
  std::uint64_t seed = 1;
  bool prints_table = false;
  string_list selection;
};

/// Blocks of one cell by location; the round is the pair.
struct cell_layout {
  std::string name;
  std::vector<block> blocks;
  bool is_complete = true;  ///< false if a process failed
};

/// Pairs each link with the next one in random order, so that every link is in two pairs.
side_links neighbours_of(std::vector<std::string> links, std::mt19937_64& random) {
  std::shuffle(links.begin(), links.end(), random);
  std::vector<std::string> next = links;
  std::rotate(next.begin(), next.begin() + 1, next.end());
  return {links, next};
}

/// Measures `blocks` blocks per pair of links and cell, all in random order.
std::vector<cell_layout> measure_layouts(const layout_request& request, std::size_t& links) {
  std::mt19937_64 random(request.seed);
  const side_links pairs = neighbours_of(links_of_side(request.operands.front()), random);
  links = pairs[0].size();
  if (links < 3)
    throw error(error_kind::invalid, fmt::format("{}: {} links; at least 3 are needed",
                                                 request.operands.front(), links));
  build_pair_options options;
  options.selection =
      request.selection.empty() ? string_list{"--suite", "check"} : request.selection;
  options.seed = request.seed;
  check_result unmatched;
  const paired_cells cells = pair_builds(pairs, options, unmatched);
  std::vector<cell_layout> layouts;
  std::vector<std::size_t> order;
  for (const std::string& name : cells.names) {
    order.push_back(layouts.size());
    layouts.push_back({.name = name, .blocks = {}});
  }
  progress_line line;
  std::size_t done = 0;
  for (std::size_t cell : order) cells.prepare(cell);
  for (unsigned round = 0; round < request.blocks * links; ++round) {
    std::shuffle(order.begin(), order.end(), random);
    for (const std::size_t cell : order) {
      if (was_interrupted()) throw interrupted();
      line.show({done++, request.blocks * links * order.size(), -1, layouts[cell].name});
      const pair_block measured = cells.measure(cell, round % links);
      if (measured.failures[0].empty() && measured.failures[1].empty())
        layouts[cell].blocks.push_back({measured.record.location, round % links});
      else
        layouts[cell].is_complete = false;
    }
  }
  line.clear();
  return layouts;
}

/// Median distance of two links, and the greatest, by the means of their pairs.
std::array<double, 2> distances_of(const std::vector<block>& blocks) {
  std::vector<double> distances;
  for (const block& pair : means_of_rounds(blocks)) distances.push_back(std::abs(pair.log_ratio));
  std::sort(distances.begin(), distances.end());
  return {distances[distances.size() / 2], distances.back()};
}

ordered_json layout_json(const layout_request& request) {
  std::size_t links = 0;
  ordered_json cells = ordered_json::array();
  for (const cell_layout& cell : measure_layouts(request, links)) {
    if (!cell.is_complete || cell.blocks.empty()) {
      fmt::print(stderr, "layout: {}: a process failed; left out\n", cell.name);
      continue;
    }
    const link_scatter scatter = scatter_of(cell.blocks, 0);
    const auto [median, greatest] = distances_of(cell.blocks);
    cells.push_back({{"name", cell.name},
                     {"scatter", scatter.between_pairs / std::numbers::sqrt2},
                     {"block_sd", scatter.within_pair},
                     {"greatest_distance", greatest},
                     {"median_distance", median}});
  }
  return {{"crossover_layout",
           {{"schema", 1},
            {"build", request.build},
            {"links", links},
            {"blocks_per_pair", request.blocks},
            {"cells", std::move(cells)}}}};
}

ordered_json layout_document(const std::string& file) {
  const nlohmann::json document = parse_json(read_file(file));
  if (!document.is_object() || !document.contains("crossover_layout"))
    throw error(error_kind::unreadable, file + ": not written by this program");
  return document["crossover_layout"];
}

/// Returns a Markdown table with a column per file, in percent.
std::string layout_table(const string_list& files) {
  std::string head = "| cell |", rule = "|---|", rows;
  std::vector<ordered_json> documents;
  for (const std::string& file : files) {
    documents.push_back(layout_document(file));
    const std::string build = documents.back().at("build").get<std::string>();
    head += fmt::format(" {}: s.d. of a link | greatest distance | s.d. of a block |", build);
    rule += "--:|--:|--:|";
  }
  for (const auto& row : documents.front().at("cells")) {
    const auto& name = row.at("name").get_ref<const std::string&>();
    rows += "| `" + name + "` |";
    for (const ordered_json& document : documents) {
      std::string cells = " | | |";
      for (const auto& cell : document.at("cells"))
        if (cell.at("name") == name)
          cells = fmt::format(" {:.2f} % | {:.2f} % | {:.2f} % |",
                              100 * cell.at("scatter").get<double>(),
                              100 * cell.at("greatest_distance").get<double>(),
                              100 * cell.at("block_sd").get<double>());
      rows += cells;
    }
    rows += "\n";
  }
  return head + "\n" + rule + "\n" + rows;
}

}  // namespace

int layout_command(const string_list& arguments) {
  CLI::App app(
      "usage: calibrate layout LINKS [FLAGS] | layout --table FILE...\n"
      "Measure how much each cell differs between links of one build, for check --layout.",
      "layout");
  layout_request request;
  selection selected;
  app.add_option("LINKS", request.operands, "directory of links, or the files of --table");
  add_value(app, "--out", "FILE", request.out, plain_text(), "JSON (default: standard output)");
  add_value(app, "--build", "TEXT", request.build, plain_text(), "name of the build in the table");
  add_value(app, "--blocks", "N", request.blocks, whole_text(), "per pair of links (default 3)");
  add_value(app, "--seed", "N", request.seed, whole_text(), "of the order (default 1)");
  app.add_flag("--table", request.prints_table, "print files as a Markdown table");
  selected.add_to(app);
  if (!parse(app, arguments)) return exit_code::ok;
  if (request.operands.empty() || request.blocks < 2)
    throw error(error_kind::invalid, request.operands.empty()
                                         ? "expected LINKS, or --table FILE"
                                         : "--blocks: at least 2, to separate layout from noise");
  request.selection = selected.flags("check");
  check_writable(request.out);
  catch_interrupts();
  write_atomically(request.out, request.prints_table ? layout_table(request.operands)
                                                     : layout_json(request).dump(1) + "\n");
  return exit_code::ok;
}

}  // namespace crossover
