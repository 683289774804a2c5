#pragma once

#include <nlohmann/json_fwd.hpp>

#include "bench/results.hpp"

namespace crossover {

/// How much of the samples stands in the page.
struct page_limits {
  std::size_t sample_values = 200'000;       ///< single values drawn as dots; beyond it cells keep means and intervals alone
  std::size_t embedded_bytes = 160 * 1024;   ///< of the results document, compressed and in base64
  bool operator==(const page_limits&) const = default;
};

/// No limits: what `--complete` asks for.
page_limits complete_page();

/// Everything the page shows, computed: the page's code draws and calculates nothing of its own. Names are those of the
/// results; figures have six significant digits; what was not measured is null. A figure is
/// [mean, lower | null, upper | null, n, value, value, …].
nlohmann::ordered_json page_data(const results& now, const results* baseline, const page_limits& limits = {});

}  // namespace crossover
