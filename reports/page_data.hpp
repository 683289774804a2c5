#pragma once

#include <nlohmann/json_fwd.hpp>

#include "bench/results/metrics.hpp"
#include "bench/results/results.hpp"

namespace crossover {

/// How much of the samples stands in the page.
struct page_limits {
  std::size_t sample_values =
      8'000;  ///< single repetitions of all metrics; beyond it those of the headline metrics
  std::size_t headline_values =
      200'000;  ///< of the headline metrics; beyond it cells keep means and intervals alone
  std::size_t bytes =
      500'000;  ///< of the page: what is left of them is for the compressed results document
  bool operator==(const page_limits&) const = default;
};

/// What a reader looks at first: changes are shown of these metrics, and their single repetitions
/// are the last to be left out.
bool is_headline(const metric& of, bool foreign);

/// No limits: what `--complete` asks for.
page_limits complete_page();

/// Everything the page shows, computed: the page's code draws and calculates nothing of its own.
/// Names are those of the results; figures have five significant digits; what was not measured is
/// null. A figure is [mean, lower | null, upper | null, n, value, value, …]; a latency curve
/// [count, seconds at `shares` …, maximum].
nlohmann::ordered_json page_data(const results& now, const results* baseline,
                                 const page_limits& limits = {});

}  // namespace crossover
