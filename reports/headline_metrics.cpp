#include "reports/headline_metrics.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace crossover {

bool is_headline(const metric& m, bool foreign) {
  static constexpr std::array own_ids = {"throughput", "p50", "p99", "cpu", "memory"};
  static constexpr std::array foreign_ids = {"time", "cpu"};
  const auto is_this = [&m](std::string_view id) { return m.id == id; };
  return foreign ? std::any_of(foreign_ids.begin(), foreign_ids.end(), is_this)
                 : std::any_of(own_ids.begin(), own_ids.end(), is_this);
}

}  // namespace crossover
