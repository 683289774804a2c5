#pragma once

#include <nlohmann/json_fwd.hpp>

#include "reports/outcomes.hpp"

namespace crossover {

/// Size limits of the page.
struct page_limits {
  /// Maximum number of repetition values for all metrics; above it only headline metrics keep them.
  std::size_t sample_values = 8'000;
  /// Maximum for the headline metrics; above it cells keep only means and intervals.
  std::size_t headline_values = 200'000;
  /// Maximum number of cells with all metrics and latency curves; above it cells keep only the
  /// means and intervals of the headline metrics.
  std::size_t whole_cells = 5'000;
  /// Target size of the page. The remaining bytes are for the compressed results document.
  std::size_t bytes = 500'000;
  /// Maximum size of the page; above it only the first cells are in the page.
  std::size_t most_bytes = 2'000'000;
  bool operator==(const page_limits&) const = default;
};

/// No limits (`--complete`).
page_limits complete_page();

/// Computes everything the page shows; the page's code only draws. Names are those of the results.
/// Figures have five significant digits and are null if not measured. A figure is
/// [mean, lower | null, upper | null, n, value, value, …], a latency curve
/// [count, seconds at `shares` …, maximum].
nlohmann::ordered_json page_data(const outcome_input& from, const results* baseline,
                                 const page_limits& limits = {});
nlohmann::ordered_json page_data(const results& now, const results* baseline,
                                 const page_limits& limits = {});

}  // namespace crossover
