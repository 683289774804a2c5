#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <crossover/crossover.hpp>
#include <limits>

#include "workloads/base/quantities.hpp"
#include "workloads/registry.hpp"

namespace crossover {
namespace {

/// Returns whether a name needs no quotes on a command line and is not ambiguous in lists.
bool is_plain_name(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  });
}

parameter row_of(const own_parameter& own) {
  parameter row{.name = own.name,
                .default_value = own.default_value,
                .minimum = 0,
                .maximum = std::numeric_limits<std::int64_t>::max(),
                .description = own.description};
  if (parse_count(own.default_value)) {
    row.kind = parameter_kind::count;
  } else if (parse_size(own.default_value)) {
    row.kind = parameter_kind::size;
  } else if (parse_duration_ns(own.default_value)) {
    row.kind = parameter_kind::duration;
  } else if (own.default_value.find('|') != std::string::npos) {
    row.kind = parameter_kind::choice;
    row.choices = own.default_value;
    row.default_value = row.choices.substr(0, row.choices.find('|'));
  } else {
    row.kind = parameter_kind::text;
  }
  return row;
}

}  // namespace

/// Functions of the registry's row. A row has plain functions, so they find the workload by name.
struct own_workload::trampolines {
  static const own_workload& find(const parameter_values& values) {
    return *find_workload(values.owner()).own;
  }
  static std::unique_ptr<workload> make(const parameter_values& values,
                                        const std::string& endpoint) {
    const own_workload& own = find(values);
    const parameters cell(values, endpoint);
    return own.make_(cell, own.make_async_ ? own.make_async_(cell) : nullptr);
  }
  static double min_operation_s(const parameter_values& values) {
    const own_workload& own = find(values);
    if (!own.least_time_) return 0;
    return std::chrono::duration<double>(own.least_time_(parameters(values, ""))).count();
  }
  static std::unique_ptr<workload_server> start_server(const parameter_values& values,
                                                       const server_config& config) {
    const bool is_ipv6 = config.address.find(':') != std::string::npos;
    return find(values).start_server_(parameters(
        values,
        fmt::format(fmt::runtime(is_ipv6 ? "[{}]:{}" : "{}:{}"), config.address, config.port)));
  }
};

own_workload::own_workload(std::string name, std::vector<own_parameter> parameters)
    : name_(std::move(name)), own_parameters_(std::move(parameters)) {}

own_workload& own_workload::summary(std::string text) {
  summary_ = std::move(text);
  return *this;
}

own_workload& own_workload::least_time(
    std::function<std::chrono::nanoseconds(const parameters&)> time) {
  least_time_ = std::move(time);
  return *this;
}

const workload_type& own_workload::type() {
  const auto reject_unless_plain = [](const char* what, const std::string& name) {
    if (!is_plain_name(name))
      throw error(error_kind::invalid,
                  fmt::format("{} '{}': a name has letters, digits, '_', '-' and '.'", what, name));
  };
  reject_unless_plain("workload", name_);
  rows_.clear();
  for (const own_parameter& own : own_parameters_) {
    reject_unless_plain("parameter", own.name);
    const auto is_same = [&](const parameter& row) { return row.name == own.name; };
    if (std::any_of(rows_.begin(), rows_.end(), is_same))
      throw error(error_kind::invalid,
                  fmt::format("workload '{}' has two parameters '{}'", name_, own.name));
    rows_.push_back(row_of(own));
  }
  type_ = {.name = name_,
           .summary = summary_,
           .parameters = rows_,
           .make = trampolines::make,
           .min_operation_s = trampolines::min_operation_s,
           .start_server = start_server_ ? trampolines::start_server : nullptr,
           .descriptors_per_lane = 1,
           .own = this};
  return type_;
}

}  // namespace crossover
