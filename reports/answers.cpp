#include "reports/answers.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace crossover {
namespace {

bool has_shared_cores(const results& value, const contest& c) {
  return std::any_of(c.models.begin(), c.models.end(), [&](const contender& model) {
    const auto& findings = value.cells[model.cell].findings;
    return std::any_of(findings.begin(), findings.end(),
                       [](const finding& f) { return f.code == "shared_cores"; });
  });
}

std::optional<std::size_t> headline_of(const results& value, const std::vector<contest>& contests,
                                       const std::vector<std::size_t>& of_panel) {
  std::optional<std::uint32_t> fewest;
  std::optional<std::uint32_t> most_with_own_server;
  for (const std::size_t i : of_panel) {
    const contest& c = contests[i];
    if (c.models.empty()) continue;
    if (!fewest || c.cores < fewest) fewest = c.cores;
    if (c.models.size() > 1 && !has_shared_cores(value, c) && !(c.cores <= most_with_own_server))
      most_with_own_server = c.cores;
  }
  const auto cores = most_with_own_server ? most_with_own_server : fewest;
  const auto rank = [&](std::size_t i) {
    const contest& c = contests[i];
    return std::tuple(c.cores == cores, c.models.size() > 1, c.in_flight, c.models.size());
  };
  std::optional<std::size_t> headline;
  for (const std::size_t i : of_panel)
    if (!headline || rank(i) > rank(*headline)) headline = i;
  return headline;
}

/// Findings that only some models of a contest have, by code.
std::vector<remark> remarks_of(const results& value, const contest& c) {
  std::vector<remark> remarks;
  for (const contender& model : c.models)
    for (const finding& f : value.cells[model.cell].findings) {
      if (std::count(c.shared_findings.begin(), c.shared_findings.end(), f.code) > 0) continue;
      auto row = std::find_if(remarks.begin(), remarks.end(),
                              [&](const remark& r) { return r.first.code == f.code; });
      if (row == remarks.end()) row = remarks.insert(remarks.end(), remark{f, {}});
      if (row->models.empty() || row->models.back() != model.model)
        row->models.push_back(model.model);
    }
  return remarks;
}

std::vector<remark> shared_remarks_of(const results& value, const std::vector<contest>& contests) {
  std::vector<remark> shared;
  for (const contest& c : contests)
    for (const std::string& code : c.shared_findings) {
      auto row = std::find_if(shared.begin(), shared.end(),
                              [&](const remark& s) { return s.first.code == code; });
      if (row == shared.end()) {
        const auto& findings = value.cells[c.models.front().cell].findings;
        const auto first = std::find_if(findings.begin(), findings.end(),
                                        [&](const finding& f) { return f.code == code; });
        row = shared.insert(shared.end(), remark{*first, {}});
      }
      ++row->contests;
    }
  return shared;
}

std::optional<family_times> family_of(const results& value, const panel& p) {
  std::optional<family_times> family;
  for (const std::size_t i : p.cells) {
    const auto time = interval_of(value.cells[i], "time");
    if (!time) continue;
    if (!family) family = family_times{i, i, *time, *time};
    if (time->mean < family->lowest_s.mean) {
      family->lowest = i;
      family->lowest_s = *time;
    }
    if (time->mean > family->highest_s.mean) {
      family->highest = i;
      family->highest_s = *time;
    }
    family->repetitions = std::max(family->repetitions, value.cells[i].samples.size());
  }
  return family;
}

/// Adds up the durations of the blocks.
std::optional<double> measuring_time_of(const results& value) {
  std::map<std::uint64_t, double> blocks;
  for (const cell_result& cell : value.cells)
    for (const sample& s : cell.samples)
      if (s.block && s.block_s) blocks[*s.block] = *s.block_s;
  if (blocks.empty()) return std::nullopt;
  double total = 0;
  for (const auto& [block, seconds] : blocks) total += seconds;
  return total;
}

}  // namespace

answer_set answers_of(const results& value, const std::vector<panel>& panels) {
  answer_set all;
  all.contests = contests_of(value);
  all.measuring_s = measuring_time_of(value);
  all.leaders = leaders_along_axes(all.contests);
  all.shared_remarks = shared_remarks_of(value, all.contests);
  std::map<std::size_t, std::size_t> panel_of_cell;
  for (std::size_t p = 0; p < panels.size(); ++p) {
    for (const std::size_t cell : panels[p].cells) panel_of_cell[cell] = p;
    all.answers.emplace_back().panel = p;
    if (value.foreign) all.answers.back().family = family_of(value, panels[p]);
  }
  const auto panel_of = [&](const contest& c) {
    return panel_of_cell.at(c.models.empty() ? c.failed.front() : c.models.front().cell);
  };
  for (std::size_t i = 0; i < all.contests.size(); ++i) {
    const contest& c = all.contests[i];
    all.answers[panel_of(c)].contests.push_back(i);
    all.questions += c.verdict != contest_verdict::single;
    all.decided += c.is_decided();
  }
  for (std::size_t i = 0; i < all.leaders.size(); ++i)
    if (all.leaders[i].along != leader_axis::cpu_share)
      all.answers[panel_of(all.contests[all.leaders[i].contests.front()])].leaders.push_back(i);
  for (answer& a : all.answers) {
    std::sort(a.contests.begin(), a.contests.end(), [&](std::size_t left, std::size_t right) {
      const contest &l = all.contests[left], &r = all.contests[right];
      return std::tie(l.cores, l.in_flight) < std::tie(r.cores, r.in_flight);
    });
    a.headline = headline_of(value, all.contests, a.contests);
    if (a.headline) a.remarks = remarks_of(value, all.contests[*a.headline]);
  }
  return all;
}

}  // namespace crossover
