#include "reports/check/controls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "reports/check/block_numbers.hpp"
#include "reports/statistics/link_pairs.hpp"
#include "reports/statistics/moments.hpp"
#include "workloads/base/error.hpp"
#include "workloads/base/interrupt.hpp"

namespace crossover {
namespace {

/// Distance in standard errors that contradicts a control.
constexpr double decisive_errors = 3;
/// A slowdown of `detect` is found at first with a probability of 95 %.
constexpr double power_errors = 1.645;
constexpr unsigned max_control_blocks = 60;
/// A control that looks wrong gets this multiple of its blocks.
constexpr unsigned control_extension = 4;
/// A control whose first blocks all fail is not measured again.
constexpr unsigned max_failed_controls = 3;
/// A cell that can be slowed is preferred if it scatters by at most this multiple of the median.
constexpr double max_excess_scatter = 2;
/// Blocks never scatter less than their clock.
constexpr double min_scatter = 0.0005;

struct cell_scatter {
  std::size_t cell = 0;
  double location = 0, total = 0;
};

/// The median; of an even number of values, the greater of the middle two.
double upper_median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// S.d. of the blocks of one pair of programs: those of several pairs of links differ by more.
double scatter_within(const std::vector<block>& blocks) {
  std::vector<double> log_ratios;
  for (const block& b : blocks) log_ratios.push_back(b.log_ratio);
  const bool are_repeated = means_of_rounds(blocks).size() < blocks.size();
  return std::max(min_scatter, are_repeated ? scatter_of(blocks, 0).within_pair
                                            : moments_of(log_ratios).standard_deviation);
}

std::vector<cell_scatter> scatters(std::span<const measured_cell> measured) {
  std::vector<cell_scatter> all;
  for (std::size_t i = 0; i < measured.size(); ++i) {
    std::vector<block> locations, totals;
    for (const auto* stage : {&measured[i].screen, &measured[i].confirm})
      for (const block_record& b : *stage)
        if (b.is_measured) {
          locations.push_back({b.location, b.round});
          totals.push_back({b.total, b.round});
        }
    if (locations.size() < 2) continue;
    all.push_back({i, scatter_within(locations), scatter_within(totals)});
  }
  return all;
}

/// Returns whether a second control, with work added, fits into its share of the time.
bool can_add_work(const control_request& request, const control_plan& plan) {
  double measured_s = 0;
  for (std::size_t i = 0; i < request.cells.size(); ++i)
    measured_s +=
        request.cells[i].block_s *
        static_cast<double>(request.measured[i].screen.size() + request.measured[i].confirm.size());
  return 2 * plan.blocks * request.cells[plan.cell].block_s <= control_share * measured_s &&
         request.source.can_be_slowed &&
         request.source.can_be_slowed(request.indices[plan.cell], plan.detect);
}

/// One control while it is measured.
struct running_control {
  control_comparison result = {};
  std::vector<double> locations = {}, totals = {};
  unsigned attempts = 0;
  std::string failure = {};  ///< of the last block that failed
};

class control_run {
 public:
  control_run(const control_request& request, const control_plan& plan, std::mt19937_64& random)
      : request_(request),
        plan_(plan),
        random_(random),
        index_(request.indices[plan.cell]),
        adds_work_(can_add_work(request, plan)) {
    const std::string& name = request.cells[plan.cell].name;
    controls_.push_back({.result = {.cell = name}});
    if (adds_work_) controls_.push_back({.result = {.cell = name, .added = plan.detect}});
  }

  std::vector<control_comparison> run() {
    extend_to(plan_.blocks);
    if (any_is_wrong()) extend_to(control_extension * plan_.blocks);
    if (!adds_work_) controls_.push_back(counted_slowdown());
    std::vector<control_comparison> all;
    for (running_control& control : controls_) {
      judge(control);
      all.push_back(std::move(control.result));
    }
    return all;
  }

 private:
  /// Measures until each control has this number of blocks, as far as time and failures allow.
  void extend_to(unsigned blocks) {
    for (;;) {
      std::vector<running_control*> open;
      for (running_control& control : controls_)
        if (control.locations.size() < blocks && !gives_up(control)) open.push_back(&control);
      if (open.empty()) return;
      if (open.size() > 1 && random_() % 2 == 0) std::swap(open[0], open[1]);
      for (running_control* control : open) {
        if (request_.is_over()) return;
        measure(*control);
      }
    }
  }

  static bool gives_up(const running_control& control) {
    const std::size_t failed = control.attempts - control.locations.size();
    return failed >= max_failed_controls && failed > control.locations.size();
  }

  void measure(running_control& control) {
    request_.begins(control.result.cell);
    ++control.attempts;
    try {
      const pair_block block = request_.source.measure_control(index_, control.result.added);
      control.result.seconds += block.seconds;
      for (const std::string& failure : block.failures)
        if (!failure.empty()) control.failure = failure;
      if (!block.failures[0].empty() || !block.failures[1].empty()) return;
      control.locations.push_back(block.record.location);
      control.totals.push_back(block.record.total);
    } catch (const interrupted&) {
      throw;
    } catch (const error& e) {
      control.failure = e.what();
    }
  }

  bool any_is_wrong() {
    bool any = false;
    for (running_control& control : controls_) {
      judge(control);
      any = any || !control.result.problem.empty();
    }
    if (adds_work_ || any) return any;
    running_control counted = counted_slowdown();
    judge(counted);
    return !counted.result.problem.empty();
  }

  /// Returns the control with a slowdown that is counted into the readings of the other one.
  running_control counted_slowdown() const {
    running_control counted = controls_.front();
    counted.result.added = plan_.detect;
    counted.result.is_counted = true;
    counted.result.seconds = 0;
    for (std::vector<double>* values : {&counted.locations, &counted.totals})
      for (double& value : *values) value += std::log1p(plan_.detect);
    return counted;
  }

  /// A cell that is compared with itself may scatter more than it did beside the other cells.
  control_plan plan_for(const running_control& control) const {
    control_plan plan = plan_;
    if (control.result.added > 0 || control.locations.size() < control_extension) return plan;
    plan.location_sd = std::max(plan.location_sd, moments_of(control.locations).standard_deviation);
    plan.total_sd = std::max(plan.total_sd, moments_of(control.totals).standard_deviation);
    return plan;
  }

  void judge(running_control& control) const {
    control_comparison& result = control.result;
    result.blocks = static_cast<unsigned>(control.locations.size());
    if (result.blocks > 0) {
      result.ratio = std::exp(moments_of(control.locations).mean);
      result.total_ratio = std::exp(moments_of(control.totals).mean);
    }
    if (result.blocks == 0 || gives_up(control))
      result.problem =
          "it cannot be measured: " +
          (control.failure.empty() ? "no time was left; raise --budget" : control.failure);
    else
      result.problem = contradiction_of(plan_for(control), result);
  }

  const control_request& request_;
  const control_plan& plan_;
  std::mt19937_64& random_;
  std::size_t index_;
  bool adds_work_;
  std::vector<running_control> controls_;
};

}  // namespace

std::optional<control_plan> plan_controls(std::span<const gated_cell> cells,
                                          std::span<const measured_cell> measured,
                                          const std::function<bool(std::size_t)>& can_be_slowed) {
  const std::vector<cell_scatter> all = scatters(measured);
  if (all.empty()) return std::nullopt;
  std::vector<double> locations, totals;
  for (const cell_scatter& scatter : all) {
    locations.push_back(scatter.location);
    totals.push_back(scatter.total);
  }
  const double median_location = upper_median(locations), median_total = upper_median(totals);
  const auto rank = [&](const cell_scatter& scatter) {
    const bool is_slowed = scatter.location <= max_excess_scatter * median_location &&
                           can_be_slowed && can_be_slowed(scatter.cell);
    return std::make_tuple(!is_slowed, std::max(scatter.location, median_location),
                           cells[scatter.cell].block_s);
  };
  const cell_scatter& chosen = *std::min_element(
      all.begin(), all.end(),
      [&](const cell_scatter& a, const cell_scatter& b) { return rank(a) < rank(b); });
  const gated_cell& cell = cells[chosen.cell];
  control_plan plan{.cell = chosen.cell,
                    .location_sd = std::max(chosen.location, median_location),
                    .total_sd = std::max(chosen.total, median_total),
                    .tolerate = cell.tolerate,
                    .detect = cell.detect};
  const double wanted =
      std::pow((decisive_errors + power_errors) * plan.location_sd / alternative(cell), 2);
  plan.blocks = static_cast<unsigned>(std::ceil(std::clamp<double>(wanted, 1, max_control_blocks)));
  return plan;
}

std::string contradiction_of(const control_plan& plan, const control_comparison& control) {
  const double root = std::sqrt(static_cast<double>(control.blocks));
  const double tolerated = std::log1p(plan.tolerate), location = std::log(*control.ratio),
               total = std::log(*control.total_ratio);
  const double location_margin = decisive_errors * plan.location_sd / root,
               total_margin = decisive_errors * plan.total_sd / root;
  const bool looks_slower =
      location > tolerated + location_margin || total > tolerated + total_margin;
  if (control.added > 0)
    return looks_slower ? ""
                        : fmt::format("a slowdown of {} was not found in {} blocks",
                                      as_percent(control.added), control.blocks);
  if (looks_slower || location < -tolerated - location_margin)
    return fmt::format("the baseline differs from itself in {} blocks", control.blocks);
  return "";
}

std::vector<control_comparison> measure_controls(const control_request& request,
                                                 std::mt19937_64& random) {
  const auto can_be_slowed = [&](std::size_t cell) {
    return request.source.can_be_slowed &&
           request.source.can_be_slowed(request.indices[cell], request.cells[cell].detect);
  };
  const auto plan = plan_controls(request.cells, request.measured, can_be_slowed);
  return plan ? control_run(request, *plan, random).run() : std::vector<control_comparison>();
}

}  // namespace crossover
