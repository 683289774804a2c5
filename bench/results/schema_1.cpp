#include "bench/results/schema_1.hpp"

#include <cstdlib>
#include <utility>

#include "workloads/parameters.hpp"

namespace crossover {

void upgrade_from_schema_1(std::vector<cell_result>& cells) {
  for (cell_result& cell : cells) {
    if (const auto rate = cell.parameters.extract("rate"))
      cell.rate = std::strtod(rate.mapped().c_str(), nullptr);
    auto [model, parameters] = parse_named_parameters(cell.model);
    cell.model = std::move(model);
    cell.model_parameters = std::move(parameters);
    for (sample& s : cell.samples) s.startup_s = std::exchange(s.start_s, std::nullopt);
    for (finding& f : cell.findings) {
      if (f.code == "fixture_bound") f.code = "server_bound";
      if (f.code == "stolen_time") f.code = "steal";
    }
  }
}

}  // namespace crossover
