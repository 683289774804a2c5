#include "reports/contest_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "reports/contest_text.hpp"
#include "reports/contests.hpp"
#include "reports/machine_types.hpp"
#include "reports/units.hpp"

namespace crossover {
namespace {

/// Verdicts end at this column, because the lines of the models are not longer.
constexpr std::size_t table_columns = 80;

struct model_line {
  std::string model, figure, cpu, memory, remark;
};

/// The throughput of the first model or of unranked ones, otherwise the ratio to the best; if a
/// limit caps every model, the share of it.
std::string figure_of(const contest& c, const contender& model) {
  if (!model.throughput) return "–";
  if (c.why == verdict_reason::ceiling || c.why == verdict_reason::rate)
    return fmt::format("{:.2f}", *model.throughput / *c.ceiling);
  if (&model == &c.models.front() || !model.shown || !model.to_best || !model.to_best->upper)
    return figure_text(*model.throughput, "1/s");
  return ratio_range_text(model.to_best);
}

std::string note_of(const contest& c, const contender& model) {
  if (model.has_errors) return "errors";
  if (model.cheapest) return "<- cheapest";
  if (&model == &c.models.front())
    return c.of_reference ? fmt::format("{:.2f} of reference", c.of_reference->ratio) : "";
  if (model.shown == model_class::equivalent) return "equivalent";
  return model.shown == model_class::not_separated && c.why == verdict_reason::scatter
             ? "not separated"
             : "";
}

model_line line_of_model(const contest& c, const contender& model) {
  return {model_text(model.model), figure_of(c, model),
          model.cpu_s ? figure_text(*model.cpu_s, "s") + " CPU" : "",
          model.memory_bytes ? figure_text(*model.memory_bytes, "bytes") : "", note_of(c, model)};
}

std::string shown_verdict_of(const contest& c) {
  if (c.why != verdict_reason::scatter) return verdict_text(c);
  const std::string wanted = wanted_text(c);
  return wanted.empty()
             ? fmt::format("not separated by {}",
                           c.hosts_wanted ? counted(c.hosts, "host") : counted(c.blocks, "block"))
             : fmt::format("not separated yet (about {})", wanted);
}

/// Title at the left and verdict at the right, on two lines if they are too long for one.
std::string heading(const contest& c, const terminal& to) {
  const std::string title =
      fitted(question_text(c.workload, c.parameters) + " · " + place_text(c, " · "), to.columns);
  const std::string verdict = fitted(shown_verdict_of(c), to.columns);
  const std::size_t width = width_of(title) + width_of(verdict) + 2;
  const std::size_t end = std::min(to.columns, std::max(width, table_columns));
  const std::size_t gap = end - width_of(verdict) - (width > end ? 0 : width_of(title));
  const paint with = c.is_decided()                              ? paint::green
                     : c.verdict == contest_verdict::cannot_tell ? paint::yellow
                                                                 : paint::dim;
  return painted(to, paint::bold, title) + (width > end ? "\n" : "") + std::string(gap, ' ') +
         painted(to, with, verdict) + "\n";
}

std::string lines_of_models(const contest& c, const terminal& to) {
  std::vector<model_line> lines;
  model_line widest{std::string(14, ' '), std::string(13, ' '), std::string(12, ' '),
                    std::string(7, ' '), ""};
  const auto widen = [](std::string& to_fit, const std::string& text) {
    if (width_of(text) > width_of(to_fit)) to_fit = text;
  };
  for (const contender& model : c.models) {
    lines.push_back(line_of_model(c, model));
    widen(widest.model, lines.back().model);
    widen(widest.figure, lines.back().figure);
    widen(widest.cpu, lines.back().cpu);
    widen(widest.memory, lines.back().memory);
    widen(widest.remark, lines.back().remark);
  }
  const std::size_t model = width_of(widest.model), figure = width_of(widest.figure);
  const std::size_t to_cpu = 2 + model + 1 + figure + 1 + width_of(widest.cpu);
  const std::size_t to_memory = to_cpu + 1 + width_of(widest.memory);
  std::string text;
  for (const model_line& l : lines) {
    std::string line =
        fitted("  " + padded(l.model, model) + " " + padded(l.figure, figure), to.columns);
    if (to_cpu <= to.columns) line += " " + right_aligned(l.cpu, width_of(widest.cpu));
    if (to_memory <= to.columns) line += " " + right_aligned(l.memory, width_of(widest.memory));
    line.erase(line.find_last_not_of(' ') + 1);
    if (!l.remark.empty() && to_memory + 3 + width_of(widest.remark) <= to.columns)
      line += std::string(to_memory + 3 - width_of(line), ' ') + painted(to, paint::dim, l.remark);
    text += line + "\n";
  }
  return text;
}

}  // namespace

std::string contest_tables(const results& measured, const autocorrelation_estimate& run,
                           const terminal& to) {
  const std::optional<results> split = split_by_machine_type(measured);
  const results& value = split ? *split : measured;
  std::string text;
  for (const contest& c : contests_of(value, run)) {
    text += heading(c, to) + lines_of_models(c, to);
    for (const std::size_t i : c.failed) {
      const cell_result& cell = value.cells[i];
      const std::string line = padded(model_text(cell.model), 14) + " failed: " + cell.reason;
      text += painted(to, paint::red, fitted("  " + line, to.columns)) + "\n";
    }
  }
  return text;
}

}  // namespace crossover
