#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "reports/check/fingerprint.hpp"
#include "reports/check/formats/formats.hpp"
#include "reports/escape.hpp"

namespace crossover {
namespace {

using nlohmann::ordered_json;

struct rule {
  const char* id;
  const char* level;  ///< SARIF level: error, warning, note
  const char* description;
};

constexpr rule rules[] = {
    {"regression", "error", "The cell is slower than tolerated."},
    {"newly_failing", "error", "The cell fails on the candidate only."},
    {"removed", "warning", "The cell is not measured any more."},
    {"failing", "warning", "The cell fails on both sides."},
    {"inconclusive", "warning",
     "The measurements neither show a regression nor exclude a slowdown of the size to detect."},
    {"environment", "warning", "The two sides were measured in different environments."},
    {"control", "warning", "A comparison whose result is known came out wrong."},
};

/// Returns a file name as a relative URI reference (RFC 3986): everything but its unreserved
/// characters and "/" is percent-encoded.
std::string as_uri(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  std::string out;
  for (const char c : path) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '/' || c == '.' || c == '-' || c == '_' || c == '~';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<std::uint8_t>(c));
  }
  return out.empty() ? "results.json" : out;
}

ordered_json sarif_result(const check_result& result, std::size_t index, const std::string& cell,
                          const std::string& message) {
  const rule& of = rules[index];
  const std::string name = one_line(cell);
  // The same cell has the same fingerprint in every run, so an alert stays one alert.
  const std::uint64_t alert = fingerprint(std::string(of.id) + "\n" + cell);
  return {{"ruleId", of.id},
          {"ruleIndex", index},
          {"level", of.level},
          {"message", {{"text", one_line(fmt::format("{}: {}", name, message), 2'000)}}},
          {"locations",
           {{{"physicalLocation",
              {{"artifactLocation", {{"uri", as_uri(result.candidate_name)}}},
               {"region", {{"startLine", 1}}}}},
             {"logicalLocations", {{{"fullyQualifiedName", name}, {"kind", "member"}}}}}}},
          {"partialFingerprints", {{"cell/v1", fmt::format("{:016x}", alert)}}}};
}

}  // namespace

std::string as_sarif(const check_result& result) {
  ordered_json results = ordered_json::array();
  for (const cell_comparison* cell : by_urgency(result)) {
    if (cell->outcome == verdict::regression)
      results.push_back(
          sarif_result(result, 0, cell->name,
                       "worse: " + regression_text(*cell, result.plan.rates.false_alarms)));
    if (cell->outcome == verdict::inconclusive)
      results.push_back(sarif_result(result, 4, cell->name, "inconclusive: " + cell->remedy));
  }
  for (const unmatched_cell& cell : result.newly_failing)
    results.push_back(sarif_result(result, 1, cell.name, "fails now: " + cell.reason));
  for (const unmatched_cell& cell : result.removed)
    results.push_back(sarif_result(result, 2, cell.name, "removed: " + cell.reason));
  for (const unmatched_cell& cell : result.failing)
    results.push_back(sarif_result(result, 3, cell.name, "fails on both sides: " + cell.reason));
  if (!result.environment_allowed)
    for (const environment_difference& d : result.environment)
      results.push_back(sarif_result(result, 5, d.key,
                                     fmt::format("'{}' became '{}'", d.old_value, d.new_value)));

  for (const control_comparison& control : result.controls)
    if (!control.problem.empty())
      results.push_back(sarif_result(result, 6, control.cell, control_text(control)));

  ordered_json rule_list = ordered_json::array();
  for (const rule& r : rules)
    rule_list.push_back({{"id", r.id},
                         {"shortDescription", {{"text", r.description}}},
                         {"defaultConfiguration", {{"level", r.level}}}});
  ordered_json document = {{"version", "2.1.0"}};
  document["$schema"] =
      "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
  document["runs"] = ordered_json::array(
      {{{"tool", {{"driver", {{"name", "crossover check"}, {"rules", std::move(rule_list)}}}}},
        {"invocations", ordered_json::array(
                            {{{"executionSuccessful", true}, {"exitCode", exit_code_of(result)}}})},
        {"results", std::move(results)}}});
  return document.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace crossover
