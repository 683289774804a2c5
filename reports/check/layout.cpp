#include "reports/check/layout.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "bench/results/json_text.hpp"
#include "workloads/base/atomic_file.hpp"
#include "workloads/base/error.hpp"

namespace crossover {

layout read_layout(const std::string& file) try {
  const nlohmann::json document = parse_json(read_file(file)).at("crossover_layout");
  layout measured{.links = document.at("links").get<unsigned>()};
  for (const nlohmann::json& cell : document.at("cells")) {
    const double scatter = cell.at("scatter").get<double>();
    if (!(scatter >= 0 && std::isfinite(scatter)) || measured.links < 2)
      throw error(error_kind::unreadable,
                  file + ": a scatter is negative, or of fewer than two links");
    measured.scatter[cell.at("name").get<std::string>()] = scatter;
  }
  return measured;
} catch (const nlohmann::json::exception&) {
  throw error(error_kind::unreadable,
              file + ": not a layout file; expected one that tools/layout wrote");
}

thresholds tolerating_layout(const layout& measured, thresholds rules,
                             const std::vector<std::string>& cells, const error_rates& rates) {
  std::vector<threshold_rule> grown;
  for (const std::string& name : cells) {
    const auto known = measured.scatter.find(name);
    if (known == measured.scatter.end()) continue;
    const boost::math::students_t freedom(measured.links - 1);
    const double critical =
        quantile(complement(freedom, rates.false_alarms / static_cast<double>(cells.size())));
    const double factor = std::exp(critical * std::numbers::sqrt2 * known->second);
    const cell_thresholds before = thresholds_of(rules, name, {rates.tolerate, rates.detect});
    grown.push_back({name, std::make_shared<const RE2>("\\A" + RE2::QuoteMeta(name) + "\\z"),
                     (1 + before.tolerate) * factor - 1, (1 + before.detect) * factor - 1});
  }
  rules.rules.insert(rules.rules.end(), grown.begin(), grown.end());
  return rules;
}

}  // namespace crossover
