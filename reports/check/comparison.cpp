#include "reports/check/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/units.hpp"
#include "workloads/base/error.hpp"

namespace crossover {
namespace {

int urgency(const cell_comparison& cell) {
  if (cell.outcome == verdict::regression) return 0;
  if (cell.outcome == verdict::inconclusive) return 1;
  return cell.improvement ? 2 : 3;
}

std::size_t count(const check_result& found, verdict outcome) {
  return static_cast<std::size_t>(
      std::count_if(found.cells.begin(), found.cells.end(),
                    [&](const cell_comparison& c) { return c.outcome == outcome; }));
}

}  // namespace

std::string_view to_string(verdict value) {
  switch (value) {
    case verdict::pass:
      return "pass";
    case verdict::regression:
      return "regression";
    case verdict::inconclusive:
      return "inconclusive";
  }
  return "inconclusive";
}

std::string_view to_string(decided_by value) {
  switch (value) {
    case decided_by::screen:
      return "screen";
    case decided_by::confirmation:
      return "confirmation";
    case decided_by::files:
      return "files";
    case decided_by::history:
      return "history";
  }
  return "files";
}

verdict verdict_of(const check_result& found) {
  if (count(found, verdict::regression) > 0 || !found.newly_failing.empty())
    return verdict::regression;
  const bool unsure =
      count(found, verdict::inconclusive) > 0 || !found.removed.empty() || !found.failing.empty() ||
      (!found.environment.empty() && !found.environment_allowed) || found.cells.empty();
  return unsure ? verdict::inconclusive : verdict::pass;
}

int exit_code_of(const check_result& found) {
  switch (verdict_of(found)) {
    case verdict::pass:
      return 0;
    case verdict::regression:
      return 1;
    case verdict::inconclusive:
      return 2;
  }
  return 2;
}

std::string headline(const check_result& found) {
  std::vector<std::string> parts;
  const auto say = [&](std::size_t n, const char* what) {
    if (n > 0) parts.push_back(fmt::format("{} {}", n, what));
  };
  say(count(found, verdict::regression), "regressed");
  say(found.newly_failing.size(), "newly failing");
  say(found.removed.size(), "removed");
  say(count(found, verdict::inconclusive), "inconclusive");
  say(found.failing.size(), "failing on both sides");
  const auto improved = static_cast<std::size_t>(
      std::count_if(found.cells.begin(), found.cells.end(),
                    [](const cell_comparison& c) { return c.improvement; }));
  say(improved, "improved");
  std::string text = fmt::format("{}: {} compared", to_string(verdict_of(found)),
                                 counted(found.cells.size(), "cell"));
  for (const std::string& part : parts) text += ", " + part;
  if (!found.environment.empty() && !found.environment_allowed) text += ", environments differ";
  return text;
}

void require_common_cells(const check_result& found) {
  if (!found.cells.empty() || !found.newly_failing.empty() || !found.failing.empty()) return;
  throw error(error_kind::unreadable, fmt::format("{} and {}: no cell in common ({} only in the "
                                                  "baseline, {} only in the candidate); compare "
                                                  "runs of the same suite",
                                                  found.old_name, found.new_name,
                                                  found.removed.size(), found.added.size()));
}

std::vector<const cell_comparison*> by_urgency(const check_result& found) {
  std::vector<const cell_comparison*> order;
  for (const cell_comparison& cell : found.cells) order.push_back(&cell);
  std::stable_sort(order.begin(), order.end(),
                   [](const cell_comparison* a, const cell_comparison* b) {
                     if (urgency(*a) != urgency(*b)) return urgency(*a) < urgency(*b);
                     return a->ratio.value_or(0) > b->ratio.value_or(0);
                   });
  return order;
}

std::string as_change(std::optional<double> ratio) {
  if (!ratio || !std::isfinite(*ratio)) return "n/a";
  const double percent = (*ratio - 1) * 100;
  return std::abs(percent) < 1000 ? fmt::format("{:+.2f} %", percent)
                                  : fmt::format("x{:.3g}", *ratio);
}

std::string as_percent(double share) { return fmt::format("{:.4g} %", share * 100); }

}  // namespace crossover
