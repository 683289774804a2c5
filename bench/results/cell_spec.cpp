#include "bench/results/cell_spec.hpp"

#include <fmt/format.h>

namespace crossover {

std::string cell_spec::model_label() const {
  std::string label = model;
  char separator = ':';
  for (const auto& [name, value] : model_parameters) {
    label += fmt::format("{}{}={}", separator, name, value);
    separator = ',';
  }
  return label;
}

std::map<std::string, std::string> cell_spec::shown_parameters() const {
  std::map<std::string, std::string> shown = parameters;
  if (rate > 0) shown["rate"] = fmt::format("{:g}", rate);
  if (!endpoint.empty()) shown["endpoint"] = endpoint;
  if (!machine.empty()) shown["machine"] = machine;
  return shown;
}

}  // namespace crossover
