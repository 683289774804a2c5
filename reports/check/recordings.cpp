#include "reports/check/recordings.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>

#include "bench/results/json_text.hpp"
#include "workloads/base/error.hpp"
#include "workloads/endpoint.hpp"

namespace crossover {
namespace {

using nlohmann::ordered_json;

/// Ends a line that a crash has truncated; no complete line ends like this.
constexpr std::string_view cut_off = " cut off";

double rounded(double value, int digits) {
  return std::strtod(fmt::format("{:.{}g}", value, digits).c_str(), nullptr);
}

/// The order of the slices is a letter each: o is the old program, n the new one.
ordered_json json_of(const std::vector<recorded_block>& blocks) {
  ordered_json list = ordered_json::array();
  for (const recorded_block& b : blocks) {
    std::string order;
    ordered_json figures = ordered_json::array();
    for (const slice& s : b.slices) {
      order += s.which == side::baseline ? 'o' : 'n';
      figures.push_back(rounded(s.figure, 7));
    }
    const side_shares& failed = b.record.failed_operations;
    list.push_back({{"order", order},
                    {"figures", std::move(figures)},
                    {"failed", {failed.baseline, failed.candidate}}});
  }
  return list;
}

std::vector<recorded_block> blocks_of(const nlohmann::json& list) {
  std::vector<recorded_block> blocks;
  for (const nlohmann::json& row : list) {
    const auto order = row.at("order").get<std::string>();
    const auto figures = row.at("figures").get<std::vector<double>>();
    if (figures.size() != order.size())
      throw error(error_kind::unreadable, "a block has another number of figures than of slices");
    std::vector<slice> slices;
    for (std::size_t i = 0; i < figures.size(); ++i)
      slices.push_back({order[i] == 'o' ? side::baseline : side::candidate, figures[i]});
    const nlohmann::json& failed = row.at("failed");
    blocks.push_back(
        recorded(std::move(slices), {failed.at(0).get<double>(), failed.at(1).get<double>()}));
  }
  return blocks;
}

verdict verdict_from(const std::string& word) {
  for (const verdict v : {verdict::pass, verdict::regression, verdict::inconclusive})
    if (word == to_string(v)) return v;
  throw error(error_kind::unreadable, fmt::format("unknown verdict '{}'", word));
}

}  // namespace

recorded_block recorded(std::vector<slice> slices, side_shares failed_operations) {
  recorded_block block{.slices = std::move(slices), .record = {}};
  block.record = record_of(block.slices);
  block.record.failed_operations = failed_operations;
  return block;
}

std::string to_line(const recorded_suite& suite) {
  ordered_json cells = ordered_json::array();
  for (const recorded_cell& cell : suite.cells)
    cells.push_back(
        {{"name", cell.name},
         {"verdict", to_string(cell.outcome)},
         {"improved", cell.is_improved},
         {"adjusted_p", cell.adjusted_p ? ordered_json(*cell.adjusted_p) : ordered_json(nullptr)},
         {"block_s", rounded(cell.block_s, 4)},
         {"screen", json_of(cell.screen)},
         {"confirm", json_of(cell.confirm)}});
  const ordered_json document = {{"bank", 2},
                                 {"date", suite.date},
                                 {"machine", suite.machine},
                                 {"program", suite.program},
                                 {"links", suite.links},
                                 {"seed", suite.seed},
                                 {"tolerate", suite.rates.tolerate},
                                 {"detect", suite.rates.detect},
                                 {"false_alarms", suite.rates.false_alarms},
                                 {"power", suite.rates.power},
                                 {"slower_cell", suite.slower_cell},
                                 {"slower", suite.slower},
                                 {"wall_s", rounded(suite.wall_s, 5)},
                                 {"cells", std::move(cells)},
                                 {"troubles", suite.failures}};
  return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

recorded_suite suite_from_line(std::string_view line) {
  try {
    const nlohmann::json document = parse_json(line);
    if (document.is_discarded())
      throw error(error_kind::unreadable,
                  fmt::format("not JSON, or nested deeper than {} levels", deepest_json));
    if (document.at("bank") != 2) throw error(error_kind::unreadable, "unsupported format version");
    recorded_suite suite;
    suite.date = document.at("date").get<std::string>();
    suite.machine = document.at("machine").get<std::string>();
    suite.program = document.at("program").get<std::string>();
    suite.links = document.value("links", 1u);
    suite.seed = document.at("seed").get<std::uint64_t>();
    suite.rates.tolerate = document.at("tolerate").get<double>();
    suite.rates.detect = document.at("detect").get<double>();
    suite.rates.false_alarms = document.at("false_alarms").get<double>();
    suite.rates.power = document.at("power").get<double>();
    suite.slower_cell = document.at("slower_cell").get<std::string>();
    suite.slower = document.at("slower").get<double>();
    suite.wall_s = document.at("wall_s").get<double>();
    suite.failures = document.at("troubles").get<std::vector<std::string>>();
    for (const nlohmann::json& row : document.at("cells")) {
      recorded_cell cell;
      cell.name = row.at("name").get<std::string>();
      cell.outcome = verdict_from(row.at("verdict").get<std::string>());
      cell.is_improved = row.at("improved").get<bool>();
      if (!row.at("adjusted_p").is_null()) cell.adjusted_p = row.at("adjusted_p").get<double>();
      cell.block_s = row.at("block_s").get<double>();
      cell.screen = blocks_of(row.at("screen"));
      cell.confirm = blocks_of(row.at("confirm"));
      suite.cells.push_back(std::move(cell));
    }
    return suite;
  } catch (const nlohmann::json::exception& e) {
    throw error(error_kind::unreadable, fmt::format("not a recorded suite: {}", e.what()));
  }
}

std::vector<recorded_suite> read_recordings(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files;
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ec))
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<recorded_suite> suites;
  for (const std::filesystem::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    std::size_t from = 0, number = 0;
    for (std::size_t end; (end = text.find('\n', from)) != std::string::npos; from = end + 1) {
      ++number;
      const std::string_view line = std::string_view(text).substr(from, end - from);
      if (line.empty() || line.ends_with(cut_off)) continue;
      try {
        suites.push_back(suite_from_line(line));
      } catch (const error& e) {
        throw error(error_kind::unreadable, fmt::format("{}, line {}: {}; remove the line",
                                                        file.string(), number, e.what()));
      }
    }
  }
  return suites;
}

void append_recording(const std::filesystem::path& directory, const recorded_suite& suite) {
  const std::filesystem::path file = directory / "suites.jsonl";
  std::error_code ec;
  std::filesystem::create_directories(directory, ec);
  const descriptor out(::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (out.get() < 0) throw system_failure(error_kind::unwritable, file.string(), errno);
  std::string text;
  char last = '\n';
  if (const off_t size = ::lseek(out.get(), 0, SEEK_END);
      size > 0 && ::pread(out.get(), &last, 1, size - 1) == 1 && last != '\n')
    text = std::string(cut_off) + "\n";
  text += to_line(suite) + "\n";
  if (::write(out.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fsync(out.get()) != 0)
    throw system_failure(error_kind::unwritable, file.string(), errno);
}

}  // namespace crossover
