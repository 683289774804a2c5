#include "reports/answer_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "reports/escape.hpp"
#include "reports/units.hpp"

namespace crossover {
namespace {

constexpr std::size_t name_limit = 60;

std::string name_text(std::string_view model) {
  return model.empty() ? "(no name)" : clipped(model, name_limit);
}

std::string names_text(const std::vector<const contender*>& models, std::string_view last = "and") {
  std::vector<std::string> names;
  for (const contender* model : models) names.push_back(name_text(model->model));
  if (last == "and") return join_and(names);
  return fmt::format("{}", fmt::join(names, fmt::format(" {} ", last)));
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

bool is_ranked(const contender& model) { return !model.has_errors; }

std::size_t ranked_count(const contest& c) {
  return static_cast<std::size_t>(std::count_if(c.models.begin(), c.models.end(), is_ranked));
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
  if (key == "algorithm" || key == "engine") return shown;
  return fmt::format("{}={}", clipped(key, 40), shown);
}

std::string cost_text(const contender& model) {
  std::string text;
  if (model.cpu_s) text = fmt::format("{} of CPU per operation", figure_text(*model.cpu_s, "s"));
  if (model.memory_bytes)
    text += fmt::format("{}{} of memory", text.empty() ? "" : ", ",
                        figure_text(*model.memory_bytes, "bytes"));
  return text;
}

/// The place of a model that does not lead; empty for one that does.
std::string standing_text(const contest& c, const contender& model) {
  const std::string name = name_text(model.model);
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
      return "Cannot tell, because the models were measured one after the other: their blocks are "
             "not paired.";
    case verdict_reason::too_few_blocks:
      return fmt::format("Cannot tell from {}; at least {} are needed.", counted(c.blocks, "block"),
                         ranking_options{}.minimum_blocks);
    case verdict_reason::no_model:
      return "No result.";
    default: {
      std::string text =
          fmt::format("Cannot tell whether {} is best", names_text(leaders_of(c), "or"));
      if (c.blocks_wanted && *c.blocks_wanted > c.blocks)
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
      return fmt::format("{} is best, with {}.", name_text(c.models.front().model),
                         throughput_text(c.models.front()));
    case contest_verdict::equivalent:
      return fmt::format("{} are equivalent {}, with {}.", names_text(leaders_of(c)),
                         within_text(c.equal), throughput_text(c.models.front()));
    case contest_verdict::capped:
      return capped_sentence(c);
    case contest_verdict::cannot_tell:
      return cannot_tell_sentence(c);
    case contest_verdict::single:
      return fmt::format("Only {} was measured, with {}.", name_text(c.models.front().model),
                         throughput_text(c.models.front()));
  }
  return {};
}

/// A place on an axis: "8 in flight", "4 cores", "17 % CPU".
std::string at_text(leader_axis axis, double at) {
  switch (axis) {
    case leader_axis::cores:
      return counted(static_cast<std::size_t>(at), "core");
    case leader_axis::in_flight:
      return fmt::format("{:.0f} in flight", at);
    case leader_axis::cpu_share:
      return fmt::format("{:.3g} % CPU", 100 * at);
  }
  return {};
}

std::string range_text(const leader_series& series, std::size_t index) {
  const std::vector<leading_range>& ranges = series.found.ranges;
  const leading_range& range = ranges[index];
  const std::string from = at_text(series.along, range.from), to = at_text(series.along, range.to);
  std::vector<std::string> names;
  for (const std::size_t model : range.leaders) names.push_back(name_text(series.models[model]));
  return fmt::format("{} {}", join_and(names),
                     range.from == range.to       ? "at " + from
                     : ranges.size() == 1         ? fmt::format("from {} to {}", from, to)
                     : index == 0                 ? "up to " + to
                     : index + 1 == ranges.size() ? "from " + from + " on"
                                                  : fmt::format("from {} to {}", from, to));
}

bool includes(const leader_series& series, std::size_t contest_index) {
  return std::find(series.contests.begin(), series.contests.end(), contest_index) !=
         series.contests.end();
}

std::string ranges_text(const leader_series& series) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < series.found.ranges.size(); ++i)
    parts.push_back(range_text(series, i));
  return fmt::format("{}", fmt::join(parts, "; "));
}

/// What is fixed in a series: "On 1 core", "With 64 in flight", "mixed on 1 core, 64 in flight".
std::string fixed_text(const leader_series& series, const std::vector<contest>& contests) {
  const contest& any = contests[series.contests.front()];
  switch (series.along) {
    case leader_axis::cores:
      return any.in_flight ? fmt::format("With {} in flight", *any.in_flight) : "By cores";
    case leader_axis::in_flight:
      return any.cores ? "On " + counted(*any.cores, "core") : "By in flight";
    case leader_axis::cpu_share: {
      const contest& other = contests[series.contests.back()];
      auto parameters = any.parameters;
      parameters.erase("wait");
      if (other.parameters.at("cpu") != any.parameters.at("cpu")) parameters.erase("cpu");
      return question_text(any.workload, parameters) + " on " + place_text(any);
    }
  }
  return {};
}

answer_text text_of_family(const results& value, const panel& p, const answer& of) {
  answer_text text;
  if (!of.family) {
    text.headline = "no result";
    text.sentence = fmt::format("No result for {}: {} failed.", clipped(p.label, 80),
                                counted(p.cells.size(), "cell"));
    return text;
  }
  const family_times& f = *of.family;
  const cell_result &low = value.cells[f.lowest], &high = value.cells[f.highest];
  if (f.lowest == f.highest) {
    text.headline = figure_text(f.lowest_s.mean, "s");
    text.sentence = fmt::format("{} takes {} per iteration.", clipped(low.name, 80),
                                interval_text(f.lowest_s, "s"));
  } else {
    text.headline = fmt::format("{} to {}", figure_text(f.lowest_s.mean, "s"),
                                figure_text(f.highest_s.mean, "s"));
    text.sentence =
        fmt::format("An iteration takes {} ({}) to {} ({}).", interval_text(f.lowest_s, "s"),
                    clipped(low.name, 80), interval_text(f.highest_s, "s"), clipped(high.name, 80));
  }
  if (f.repetitions < 2)
    text.caveats.push_back(
        "a single repetition has no interval: run with --benchmark_repetitions=5 or more");
  for (const finding& remarked : low.findings)
    text.caveats.push_back(
        fmt::format("{} ({})", clipped(remarked.code, 60), clipped(remarked.detail, 200)));
  return text;
}

answer_text text_without_contest(const results& value, const panel& p) {
  std::size_t skipped = 0, failed = 0;
  bool has_reference = false;
  for (const std::size_t i : p.cells) {
    skipped += value.cells[i].status == cell_status::skipped;
    failed += value.cells[i].status == cell_status::failed;
    has_reference = has_reference || value.cells[i].status == cell_status::ok;
  }
  if (has_reference) return {"only reference measured", "Only reference was measured.", {}, {}};
  return {"no result",
          fmt::format("No result for {}: {} skipped, {} failed.", clipped(p.label, 80),
                      counted(skipped, "cell"), failed),
          {},
          {}};
}

}  // namespace

std::string question_text(const std::string& workload,
                          const std::map<std::string, std::string>& parameters) {
  std::string text = workload.empty() ? "(no name)" : clipped(workload, 40);
  const char* separator = " ";
  for (const auto& [key, setting] : parameters) {
    if (setting.empty() || (key == "delay" && setting == "0")) continue;
    text += separator + parameter_text(key, setting, parameters.size() == 1);
    separator = ", ";
  }
  return clipped(text, 120);
}

std::string place_text(const contest& of, std::string_view separator) {
  std::vector<std::string> parts;
  if (of.cores) parts.push_back(counted(*of.cores, "core"));
  if (of.in_flight) parts.push_back(fmt::format("{} in flight", *of.in_flight));
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string verdict_text(const contest& of) {
  switch (of.verdict) {
    case contest_verdict::best:
      return name_text(of.models.front().model) + " is best";
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
      if (of.why == verdict_reason::not_paired) return "cannot tell: not measured in turns";
      if (of.why == verdict_reason::no_model) return "no result";
      if (of.why == verdict_reason::too_few_blocks)
        return "cannot tell from " + counted(of.blocks, "block");
      return names_text(leaders_of(of), "or") + ", not separated";
    case contest_verdict::single:
      return fmt::format("only {} measured", name_text(of.models.front().model));
  }
  return {};
}

std::string others_text(const results& value, const contest& of) {
  std::vector<std::string> parts;
  for (const contender& model : of.models)
    if (std::string text = standing_text(of, model); !text.empty()) parts.push_back(text);
  for (const std::size_t cell : of.failed)
    parts.push_back(name_text(value.cells[cell].model) + " failed");
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string ratio_range_text(const std::optional<ratio_to_best>& ratio) {
  if (!ratio || !ratio->upper) return "–";
  return fmt::format("{:.2f} – {:.2f}", ratio->lower, *ratio->upper);
}

std::string sentence_of(const results& value, const contest& of) {
  std::string text = verdict_sentence(of);
  if (const std::string others = others_text(value, of); !others.empty())
    text += " " + others + ".";
  if (of.models.empty()) return text;
  if (of.of_reference)
    text += fmt::format(" {} reaches {} of reference.", name_text(of.models.front().model),
                        ratio_with_bounds(*of.of_reference));
  std::vector<std::string> latencies;
  for (const contender& model : of.models)
    if (model.p99_s)
      latencies.push_back(
          fmt::format("{} {}", name_text(model.model), figure_text(*model.p99_s, "s")));
  if (!latencies.empty())
    text += fmt::format(" Response time p99 at {}: {}.", figure_text(*of.rate, "1/s"),
                        fmt::join(latencies, ", "));
  return text;
}

std::string sentence_of(const leader_series& series, const std::vector<contest>& contests) {
  const leadership& found = series.found;
  if (found.ranges.empty() ||
      (found.ranges.size() == 1 && found.ranges.front().from == found.ranges.front().to))
    return {};
  std::string text = fmt::format("{}: {}.", fixed_text(series, contests), ranges_text(series));
  for (const crossing& c : found.crossings)
    text += fmt::format(" The lead changes between {} and {}.", at_text(series.along, c.after),
                        at_text(series.along, c.before));
  if (found.undecided > 0)
    text += fmt::format(" {} of {} contests {} nothing.", found.undecided, series.contests.size(),
                        found.undecided == 1 ? "decides" : "decide");
  return text;
}

std::string line_of(const answer_set& all, const answer& of) {
  if (!of.headline) return {};
  for (const std::size_t i : of.leaders) {
    const leader_series& series = all.leaders[i];
    if (!series.found.crossings.empty() && includes(series, *of.headline))
      return ranges_text(series);
  }
  const contest& c = all.contests[*of.headline];
  std::string text = verdict_text(c);
  if (c.why == verdict_reason::ceiling || c.why == verdict_reason::rate) {
    const auto cheapest = leaders_of(c);
    text = "every model " + limit_text(c);
    if (!cheapest.empty())
      text += fmt::format("; {} need{} the least CPU", names_text(cheapest),
                          cheapest.size() == 1 ? "s" : "");
  }
  std::set<std::string> verdicts;
  for (const std::size_t i : of.contests) verdicts.insert(verdict_text(all.contests[i]));
  return verdicts.size() == 1 ? text : fmt::format("{} ({})", text, place_text(c));
}

std::string decided_text(const answer_set& all) {
  if (all.questions == 0) return {};
  return fmt::format("{}, {} decided", counted(all.questions, "question"), all.decided);
}

std::vector<std::string> run_sentences(const answer_set& all) {
  std::vector<std::string> sentences;
  for (const leader_series& series : all.leaders)
    if (series.along == leader_axis::cpu_share)
      if (std::string text = sentence_of(series, all.contests); !text.empty())
        sentences.push_back(std::move(text));
  for (const remark& r : all.shared_remarks)
    sentences.push_back(fmt::format(
        "{} affects every model alike in {} of {}: {}.", clipped(r.first.code, 60), r.contests,
        counted(all.contests.size(), "contest"), clipped(r.first.detail, 200)));
  return sentences;
}

answer_text text_of(const results& value, const panel& p, const answer_set& all, const answer& of) {
  if (value.foreign) return text_of_family(value, p, of);
  if (!of.headline) return text_without_contest(value, p);
  const contest& c = all.contests[*of.headline];
  answer_text text;
  text.headline = verdict_text(c);
  const std::string place = place_text(c);
  text.sentence = (place.empty() ? "" : place + ": ") + sentence_of(value, c);
  if (!c.models.empty() && c.why != verdict_reason::not_paired)
    if (const std::string cost = cost_text(c.models.front()); !cost.empty())
      text.details.push_back(fmt::format("{}: {}", name_text(c.models.front().model), cost));
  for (const std::size_t i : of.leaders) {
    const leader_series& series = all.leaders[i];
    if (series.found.crossings.empty() && !includes(series, *of.headline)) continue;
    if (std::string sentence = sentence_of(series, all.contests); !sentence.empty())
      text.details.push_back(std::move(sentence));
  }
  for (const remark& r : of.remarks) {
    std::vector<std::string> names;
    for (const std::string& model : r.models) names.push_back(name_text(model));
    text.caveats.push_back(fmt::format("{}: {} ({})", join_and(names), clipped(r.first.code, 60),
                                       clipped(r.first.detail, 200)));
  }
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
