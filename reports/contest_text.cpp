#include "reports/contest_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <utility>

#include "reports/escape.hpp"
#include "reports/units.hpp"

namespace crossover {
namespace {

std::string names_text(const std::vector<const contender*>& models, std::string_view last = "and") {
  std::vector<std::string> names;
  for (const contender* model : models) names.push_back(model_text(model->model));
  if (last == "and") return join_and(names);
  return fmt::format("{}", fmt::join(names, fmt::format(" {} ", last)));
}

/// "node3 is missing", "node3, node4 and 7 more are missing".
std::string missing_text(const contest& c) {
  constexpr std::size_t most_names = 3;
  std::vector<std::string> names;
  for (const std::string& name : c.missing_hosts)
    if (names.size() < most_names) names.push_back(clipped(name, 60));
  if (c.hosts == 0 || names.empty()) return {};
  if (names.size() < c.missing_hosts.size())
    names.push_back(fmt::format("{} more", c.missing_hosts.size() - names.size()));
  return fmt::format("{} {} missing", join_and(names), names.size() == 1 ? "is" : "are");
}

std::string within_text(double margin) { return fmt::format("within {:.3g} %", 100 * margin); }

/// A lower bound as a percentage, rounded down: "38 %", "4.2 %".
std::string at_least_text(double share) {
  const double step = share >= 0.1 ? 1 : 10;
  return fmt::format("at least {:g} %", std::floor(share * 100 * step) / step);
}

std::string ratio_with_bounds(const ratio_to_best& ratio) {
  return ratio.upper
             ? fmt::format("{:.2f} ({:.2f} to {:.2f})", ratio.ratio, ratio.lower, *ratio.upper)
             : fmt::format("{:.2f}", ratio.ratio);
}

std::size_t ranked_count(const contest& c) {
  return static_cast<std::size_t>(std::count_if(c.models.begin(), c.models.end(),
                                                [](const contender& m) { return !m.has_errors; }));
}

std::string throughput_text(const contender& model) {
  return model.throughput ? figure_text(*model.throughput, "1/s") : "no throughput";
}

/// "64KiB" is "64 KiB", "64" bytes are "64 B".
std::string quantity_text(std::string_view text, std::string_view bare_unit) {
  std::size_t unit = 0;
  while (unit < text.size() &&
         (std::isdigit(static_cast<unsigned char>(text[unit])) != 0 || text[unit] == '.'))
    ++unit;
  if (unit == 0) return std::string(text);
  return fmt::format("{} {}", text.substr(0, unit),
                     unit < text.size() ? text.substr(unit) : bare_unit);
}

/// Parameters that a question leaves out at this setting, their default. Those that say what an
/// operation is, like the size of a message, are always shown.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> quiet_settings = {{
    {"algorithm", "sha256"},
    {"delay", "0"},
    {"io", "sleep"},
    {"long", "0"},
    {"releases_gil", "false"},
    {"rows", "10000"},
}};

bool is_quiet(std::string_view parameter, std::string_view setting) {
  return std::find(quiet_settings.begin(), quiet_settings.end(), std::pair(parameter, setting)) !=
         quiet_settings.end();
}

std::string parameter_text(const std::string& key, const std::string& setting, bool is_only) {
  const std::string shown = clipped(setting, 40);
  if (key == "bytes") return quantity_text(shown, "B");
  if (const auto seconds = seconds_of(setting);
      seconds && (key == "cpu" || key == "wait" || key == "delay"))
    return figure_text(*seconds, "s") + (key == "cpu"    ? " CPU"
                                         : key == "wait" ? " wait"
                                         : is_only       ? ""
                                                         : " delay");
  if (key == "rate") return quantity_text(shown, "/s");
  if (key == "algorithm" || key == "engine" || key == "url") return shown;
  if (key == "endpoint") return "at " + shown;
  if (key == "machine") return "on " + clipped(setting, 60);
  return fmt::format("{}={}", clipped(key, 40), shown);
}

/// Result of a model that does not lead; empty for one that does.
std::string standing_text(const contest& c, const contender& model) {
  const std::string name = model_text(model.model);
  if (model.has_errors) return name + " is not ranked, because operations failed";
  if (!model.shown || c.why == verdict_reason::not_paired ||
      c.why == verdict_reason::too_few_blocks)
    return {};
  if (model.shown == model_class::slower)
    return fmt::format("{} {} slower", name, at_least_text(model.slower_by_at_least));
  if (model.shown == model_class::equivalent && c.verdict == contest_verdict::best)
    return fmt::format("{} slower, but {}", name, within_text(c.equal));
  return {};
}

std::string cheapest_text(const contest& c) {
  const auto cheapest = leaders_of(c);
  if (cheapest.empty()) return {};
  std::string text =
      fmt::format("{} need{} the least CPU", names_text(cheapest), cheapest.size() == 1 ? "s" : "");
  if (cheapest.front()->cpu_s)
    text += fmt::format(", {} per operation", figure_text(*cheapest.front()->cpu_s, "s"));
  return text;
}

std::string limit_text(const contest& c) {
  const bool is_rate = c.why == verdict_reason::rate;
  return fmt::format("{} the {} of {}", is_rate ? "keeps up with" : "reaches",
                     is_rate ? "rate" : "ceiling",
                     figure_text(is_rate ? *c.rate : *c.ceiling, "1/s"));
}

std::string cannot_tell_sentence(const contest& c) {
  switch (c.why) {
    case verdict_reason::not_paired:
      return "Cannot tell, because the models were measured sequentially: their blocks are not "
             "paired.";
    case verdict_reason::too_few_blocks:
      return fmt::format("Cannot tell from {}; at least {} are needed.", counted(c.blocks, "block"),
                         ranking_options{}.minimum_blocks);
    case verdict_reason::no_model:
      return "No result.";
    default: {
      std::string text =
          fmt::format("Cannot tell whether {} is best", names_text(leaders_of(c), "or"));
      if (c.hosts_wanted && *c.hosts_wanted > c.hosts)
        text += fmt::format("; about {} would", counted(*c.hosts_wanted - c.hosts, "more host"));
      else if (c.blocks_wanted && *c.blocks_wanted > c.blocks)
        text += fmt::format("; about {} would", counted(*c.blocks_wanted - c.blocks, "more block"));
      return text + ".";
    }
  }
}

std::string capped_sentence(const contest& c) {
  if (c.why == verdict_reason::server_bound)
    return "Limited by the server: no model is ranked. More CPUs for the server would help.";
  std::string text = fmt::format("Every model {}.", limit_text(c));
  const std::string cheapest = cheapest_text(c);
  return cheapest.empty() ? text : text + " " + cheapest + ".";
}

std::string verdict_sentence(const contest& c) {
  switch (c.verdict) {
    case contest_verdict::best:
      return fmt::format("{} is best, with {}.", model_text(c.models.front().model),
                         throughput_text(c.models.front()));
    case contest_verdict::equivalent:
      return fmt::format("{} are equivalent {}, with {}.", names_text(leaders_of(c)),
                         within_text(c.equal), throughput_text(c.models.front()));
    case contest_verdict::capped:
      return capped_sentence(c);
    case contest_verdict::cannot_tell:
      return cannot_tell_sentence(c);
    case contest_verdict::single:
      return fmt::format("Only {} was measured, with {}.", model_text(c.models.front().model),
                         throughput_text(c.models.front()));
  }
  return {};
}

}  // namespace

std::string model_text(std::string_view model) {
  return model.empty() ? "(no name)" : clipped(model, 60);
}

std::string question_text(const std::string& workload,
                          const std::map<std::string, std::string>& parameters) {
  std::string text = workload.empty() ? "(no name)" : clipped(workload, 40);
  const char* separator = " ";
  const std::size_t count = parameters.size() - parameters.count("machine");
  for (const auto& [key, setting] : parameters) {
    if (setting.empty() || is_quiet(key, setting)) continue;
    text += separator + parameter_text(key, setting, count == 1);
    separator = ", ";
  }
  return clipped(text, 120);
}

std::string hosts_text(const contest& of) {
  if (of.hosts == 0) return {};
  const std::size_t all = of.hosts + of.missing_hosts.size();
  return (of.missing_hosts.empty() ? "" : fmt::format("{} of ", of.hosts)) + counted(all, "host");
}

std::string wanted_text(const contest& of) {
  const std::size_t now = of.hosts_wanted ? of.hosts : of.blocks;
  const std::size_t wanted = of.hosts_wanted.value_or(of.blocks_wanted.value_or(0));
  if (wanted <= now || wanted - now > 5 * now) return {};
  return counted(wanted - now, of.hosts_wanted ? "more host" : "more block");
}

std::string place_text(const contest& of, std::string_view separator, bool with_hosts) {
  std::vector<std::string> parts;
  if (of.cores) parts.push_back(counted(*of.cores, "core"));
  if (of.in_flight) parts.push_back(fmt::format("{} in flight", *of.in_flight));
  if (of.hosts > 0 && with_hosts) parts.push_back(hosts_text(of));
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string verdict_text(const contest& of) {
  switch (of.verdict) {
    case contest_verdict::best:
      return model_text(of.models.front().model) + " is best";
    case contest_verdict::equivalent: {
      const auto leaders = leaders_of(of);
      if (leaders.size() == ranked_count(of)) return "all equivalent " + within_text(of.equal);
      return fmt::format("{}, equivalent", names_text(leaders));
    }
    case contest_verdict::capped:
      if (of.why == verdict_reason::server_bound) return "limited by the server";
      return fmt::format("capped at {}{}", of.why == verdict_reason::rate ? "the rate of " : "",
                         figure_text(*of.ceiling, "1/s"));
    case contest_verdict::cannot_tell:
      if (of.why == verdict_reason::not_paired) return "cannot tell: models did not take turns";
      if (of.why == verdict_reason::no_model) return "no result";
      if (of.why == verdict_reason::too_few_blocks)
        return "cannot tell from " + counted(of.blocks, "block");
      return names_text(leaders_of(of), "or") + ", not separated";
    case contest_verdict::single:
      return fmt::format("only {} measured", model_text(of.models.front().model));
  }
  return {};
}

std::string others_text(const results& value, const contest& of) {
  std::vector<std::string> parts;
  for (const contender& model : of.models)
    if (std::string text = standing_text(of, model); !text.empty()) parts.push_back(text);
  for (const std::size_t cell : of.failed)
    parts.push_back(model_text(value.cells[cell].model_label()) + " failed");
  if (const std::string missing = missing_text(of); !missing.empty()) parts.push_back(missing);
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string ratio_range_text(const std::optional<ratio_to_best>& ratio) {
  if (!ratio || !ratio->upper) return "–";
  // The upper bound of a few blocks that scatter widely may have any number of digits.
  if (*ratio->upper >= 10)
    return ratio->lower < 0.1 ? "–" : fmt::format("over {:.2f}", ratio->lower);
  return fmt::format("{:.2f} – {:.2f}", ratio->lower, *ratio->upper);
}

std::string sentence_of(const results& value, const contest& of) {
  std::string text = verdict_sentence(of);
  if (const std::string others = others_text(value, of); !others.empty())
    text += " " + others + ".";
  if (of.models.empty()) return text;
  if (of.of_reference)
    text += fmt::format(" {} reaches {} of reference.", model_text(of.models.front().model),
                        ratio_with_bounds(*of.of_reference));
  std::vector<std::string> latencies;
  for (const contender& model : of.models)
    if (model.p99_s)
      latencies.push_back(
          fmt::format("{} {}", model_text(model.model), figure_text(*model.p99_s, "s")));
  if (!latencies.empty())
    text += fmt::format(" Response time p99 at {}: {}.", figure_text(*of.rate, "1/s"),
                        fmt::join(latencies, ", "));
  return text;
}

contest_row row_of(const results& value, const contest& of) {
  contest_row row{question_text(of.workload, of.parameters),
                  place_text(of),
                  verdict_text(of),
                  others_text(value, of),
                  "–",
                  "–",
                  "–"};
  if (of.of_reference) row.of_reference = ratio_with_bounds(*of.of_reference);
  if (of.models.empty()) return row;
  if (of.models.front().cpu_s) row.cpu = figure_text(*of.models.front().cpu_s, "s");
  if (of.models.front().memory_bytes)
    row.memory = figure_text(*of.models.front().memory_bytes, "bytes");
  return row;
}

}  // namespace crossover
