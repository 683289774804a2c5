#include "reports/answer_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

#include "reports/escape.hpp"
#include "reports/units.hpp"

namespace crossover {
namespace {

std::string cost_text(const contender& model) {
  std::string text;
  if (model.cpu_s) text = fmt::format("{} of CPU per operation", figure_text(*model.cpu_s, "s"));
  if (model.memory_bytes)
    text += fmt::format("{}{} of memory", text.empty() ? "" : ", ",
                        figure_text(*model.memory_bytes, "bytes"));
  return text;
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
  for (const std::size_t model : range.leaders) names.push_back(model_text(series.models[model]));
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

/// Fixed part of a series: "On 1 core", "With 64 in flight", "mixed on 1 core, 64 in flight".
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

std::string decided_text(const answer_set& all) {
  if (all.questions == 0) return {};
  return fmt::format("{}, {} decided{}", counted(all.questions, "question"), all.decided,
                     all.measuring_s ? ", " + time_text(*all.measuring_s) : "");
}

std::string leading_text(const answer_set& all) {
  if (all.questions == 0) return {};
  if (all.decided == 0) return "No question is decided yet.";
  std::map<std::string, std::size_t> led;
  for (const contest& c : all.contests)
    if (c.is_decided())
      for (const contender* model : leaders_of(c)) ++led[model->model];
  std::vector<std::pair<std::string, std::size_t>> order(led.begin(), led.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  if (order.empty()) return {};
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < std::min<std::size_t>(3, order.size()); ++i)
    parts.push_back(i == 0 ? fmt::format("{} leads or is equivalent in {} of {}",
                                         model_text(order[i].first), order[i].second,
                                         counted(all.questions, "question"))
                           : fmt::format("{} in {}", model_text(order[i].first), order[i].second));
  return fmt::format("{}.", fmt::join(parts, ", "));
}

std::vector<std::string> run_sentences(const answer_set& all) {
  std::vector<std::string> sentences;
  for (const leader_series& series : all.leaders)
    if (series.along == leader_axis::cpu_share)
      if (std::string text = sentence_of(series, all.contests); !text.empty())
        sentences.push_back(std::move(text));
  for (const remark& r : all.shared_remarks)
    sentences.push_back(fmt::format(
        "{} affects every model equally in {} of {}: {}.", clipped(r.first.code, 60), r.contests,
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
      text.details.push_back(fmt::format("{}: {}", model_text(c.models.front().model), cost));
  for (const std::size_t i : of.leaders) {
    const leader_series& series = all.leaders[i];
    if (series.found.crossings.empty() && !includes(series, *of.headline)) continue;
    if (std::string sentence = sentence_of(series, all.contests); !sentence.empty())
      text.details.push_back(std::move(sentence));
  }
  for (const remark& r : of.remarks) {
    std::vector<std::string> names;
    for (const std::string& model : r.models) names.push_back(model_text(model));
    text.caveats.push_back(fmt::format("{}: {} ({})", join_and(names), clipped(r.first.code, 60),
                                       clipped(r.first.detail, 200)));
  }
  return text;
}

}  // namespace crossover
