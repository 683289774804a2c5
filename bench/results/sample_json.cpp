#include "bench/results/sample_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "workloads/base/error.hpp"

namespace crossover {
namespace {

using nlohmann::json;

[[noreturn]] void unreadable_member(std::string_view key, std::string_view problem) {
  throw error(error_kind::unreadable, fmt::format("{}: {}", key, problem));
}

/// Calls `visit(key, member)` for each member that is an optional number.
template <typename Sample, typename Visit>
void each_number(Sample& s, const Visit& visit) {
  visit("start_s", s.start_s);
  visit("drain_s", s.drain_s);
  visit("cpu_user_s", s.cpu_user_s);
  visit("cpu_system_s", s.cpu_system_s);
  visit("voluntary_switches", s.voluntary_switches);
  visit("involuntary_switches", s.involuntary_switches);
  visit("minor_faults", s.minor_faults);
  visit("major_faults", s.major_faults);
  visit("rate", s.rate);
  visit("sequence", s.sequence);
  visit("startup_s", s.startup_s);
  visit("setup_s", s.setup_s);
  visit("base_rss_bytes", s.base_rss_bytes);
  visit("peak_rss_bytes", s.peak_rss_bytes);
  visit("server_cpu_s", s.server_cpu_s);
  visit("server_cpus", s.server_cpus);
  visit("steal_s", s.steal_s);
  visit("host", s.host);
  visit("server_host", s.server_host);
  visit("clients", s.clients);
  visit("client_skew_s", s.client_skew_s);
  visit("block", s.block);
  visit("pass", s.pass);
  visit("block_s", s.block_s);
  visit("foreign_cpu_s", s.foreign_cpu_s);
  visit("pressure_s", s.pressure_s);
  visit("throttled_s", s.throttled_s);
  visit("slowness", s.slowness);
  visit("idle_cpu_s", s.idle_cpu_s);
  visit("idle_s", s.idle_s);
}

/// Keys of samples and distributions that schema 1 named otherwise. Counters and errors may have
/// such names, too. The `start_s` of schema 1 is renamed by `upgrade_from_schema_1`.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> keys_of_schema_1 = {
    {{"fixture_cpu_s", "server_cpu_s"},
     {"fixture_cores", "server_cpus"},
     {"stolen_s", "steal_s"},
     {"order", "sequence"},
     {"every", "sampling_interval"}}};

/// Returns a JSON number, or null for a value that is not finite: JSON has no NaN.
json number_or_null(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }
template <std::unsigned_integral Count>
json number_or_null(Count value) {
  return value;
}

json to_json(const latency_distribution& latency) {
  json bins = json::array();
  for (const latency_bin& bin : latency.bins)
    bins.push_back({bin.lower_ns, bin.upper_ns, bin.count});
  return {{"unit", "ns"},
          {"count", latency.count()},
          {"mean", number_or_null(latency.mean_ns)},
          {"max", latency.max_ns},
          {"sampling_interval", latency.sampling_interval},
          {"bins", std::move(bins)}};
}

template <typename T>
T required_number(const std::optional<T>& value, std::string_view key) {
  if (!value) unreadable_member("sample", fmt::format("number '{}' is missing", key));
  return *value;
}

constexpr std::string_view invalid_distribution = "must be an object with an array 'bins'";
constexpr std::string_view invalid_bin = "a bin must be [lower, upper, count]";

}  // namespace

template <typename T>
std::optional<T> optional_number(const json& value, std::string_view key) {
  if (value.is_null()) return std::nullopt;
  if (!value.is_number()) unreadable_member(key, "not a number");
  if constexpr (std::is_integral_v<T>) {
    // A double cannot hold 2^64 - 1: it would become 2^64, which is too large.
    if (std::is_same_v<T, std::uint64_t> && value.is_number_unsigned()) return value.get<T>();
    constexpr double end = 2 * static_cast<double>(std::numeric_limits<T>::max() / 2 + 1);
    const double number = value.get<double>();
    if (number < static_cast<double>(std::numeric_limits<T>::min()) || number >= end)
      unreadable_member(key, "count is negative or too large");
  }
  return value.get<T>();
}
template std::optional<double> optional_number(const json&, std::string_view);
template std::optional<int> optional_number(const json&, std::string_view);
template std::optional<std::uint32_t> optional_number(const json&, std::string_view);
template std::optional<std::uint64_t> optional_number(const json&, std::string_view);

json to_json(const sample& value) {
  json out = {{"operations", value.operations}, {"wall_s", number_or_null(value.wall_s)}};
  each_number(value, [&out](const char* key, const auto& number) {
    if (number) out[key] = number_or_null(*number);
  });
  if (!value.series.empty()) out["series"] = value.series;
  if (value.latency) out["latency"] = to_json(*value.latency);
  if (value.service) out["service"] = to_json(*value.service);
  out["errors"] = value.errors;
  if (!value.worker_operations.empty()) out["worker_operations"] = value.worker_operations;
  if (!value.checksum.empty()) out["checksum"] = value.checksum;
  if (!value.counters.empty()) {
    json& counters = out["counters"] = json::object();
    for (const auto& [name, counter] : value.counters) counters[name] = number_or_null(counter);
  }
  if (value.arrivals)
    out["arrivals"] = {{"due", value.arrivals->due},
                       {"begun", value.arrivals->begun},
                       {"late", value.arrivals->late}};
  return out;
}

sample sample_from_json(const json& document) {
  if (!document.is_object()) unreadable_member("sample", "not an object");
  sample_reader reader;
  replay(document, reader);
  return std::move(reader.value());
}

void sample_reader::key(std::string_view name) {
  key_ = name;
  if (open_.back() != place::sample && open_.back() != place::latency) return;
  for (const auto& [old_name, new_name] : keys_of_schema_1)
    if (name == old_name) key_ = new_name;
}

void sample_reader::begin(bool is_object) { open_.push_back(inside(is_object)); }

/// Returns the place that an object or array begins.
sample_reader::place sample_reader::inside(bool is_object) {
  if (open_.empty()) return place::sample;
  switch (open_.back()) {
    case place::sample:
      if (key_ == "latency" || key_ == "service") {
        if (!is_object) unreadable_member(key_, invalid_distribution);
        distribution_ = key_;
        return place::latency;
      }
      if (is_object && key_ == "errors") return place::errors;
      if (is_object && key_ == "counters") return place::counters;
      if (is_object && key_ == "arrivals") return place::arrivals;
      if (!is_object && (key_ == "series" || key_ == "worker_operations")) {
        counts_ = key_ == "series" ? &sample_.series : &sample_.worker_operations;
        return place::counts;
      }
      set_member(json::object());
      return place::other;
    case place::latency:
      if (!is_object && key_ == "bins") {
        has_bins_ = true;
        return place::bins;
      }
      set_latency_member(json::object());
      return place::other;
    case place::bins:
      if (!is_object) return place::bin;
      [[fallthrough]];
    case place::bin:
      unreadable_member(distribution_, invalid_bin);
    case place::arrivals:
    case place::counters:
    case place::counts:
    case place::errors:
    case place::other:
      return place::other;
  }
  return place::other;
}

void sample_reader::scalar(json value) {
  switch (open_.back()) {
    case place::sample:
      return set_member(value);
    case place::counts:
      if (value.is_number_unsigned()) counts_->push_back(value.get<std::uint64_t>());
      return;
    case place::errors:
      if (value.is_number_unsigned() && value.get<std::uint64_t>() > 0)
        sample_.errors[key_] = value.get<std::uint64_t>();
      return;
    case place::counters:
      if (value.is_number()) sample_.counters[key_] = value.get<double>();
      return;
    case place::arrivals:
      if (key_ == "due") due_ = optional_number<std::uint64_t>(value, key_);
      if (key_ == "begun") begun_ = optional_number<std::uint64_t>(value, key_);
      if (key_ == "late") late_ = optional_number<std::uint64_t>(value, key_);
      return;
    case place::latency:
      return set_latency_member(value);
    case place::bins:
      unreadable_member(distribution_, invalid_bin);
    case place::bin:
      return set_bin_number(value);
    case place::other:
      return;
  }
}

void sample_reader::end() {
  const place ended = open_.back();
  open_.pop_back();
  if (ended == place::sample) end_sample();
  if (ended == place::latency) end_latency();
  if (ended == place::bin) end_bin();
  if (ended == place::arrivals) end_arrivals();
}

void sample_reader::set_member(const json& value) {
  if (key_ == "operations") operations_ = optional_number<std::uint64_t>(value, key_);
  if (key_ == "wall_s") wall_s_ = optional_number<double>(value, key_);
  if (key_ == "checksum" && value.is_string()) sample_.checksum = value.get<std::string>();
  if ((key_ == "latency" || key_ == "service") && !value.is_null())
    unreadable_member(key_, invalid_distribution);
  each_number(sample_, [&]<typename T>(std::string_view name, std::optional<T>& number) {
    if (key_ == name) number = optional_number<T>(value, key_);
  });
}

void sample_reader::set_latency_member(const json& value) {
  if (key_ == "bins") unreadable_member(distribution_, invalid_distribution);
  if (key_ == "max") max_ns_ = optional_number<std::uint64_t>(value, key_);
  if (key_ == "mean") mean_ns_ = optional_number<double>(value, key_);
  if (key_ == "sampling_interval") sampling_interval_ = optional_number<std::uint64_t>(value, key_);
}

void sample_reader::set_bin_number(const json& value) {
  const bool is_count = bin_numbers_ == 2;
  if (bin_numbers_ > 2 || !value.is_number() || (is_count && !value.is_number_unsigned()))
    unreadable_member(distribution_, invalid_bin);
  bin_[bin_numbers_++] = *optional_number<std::uint64_t>(value, distribution_);
}

void sample_reader::end_bin() {
  if (bin_numbers_ != 3) unreadable_member(distribution_, invalid_bin);
  bin_numbers_ = 0;
  if (bin_[2] > 0) latency_.bins.push_back({bin_[0], bin_[1], bin_[2]});
}

void sample_reader::end_latency() {
  if (!has_bins_) unreadable_member(distribution_, invalid_distribution);
  std::uint64_t largest = 0;
  double sum = 0, count = 0;
  for (const latency_bin& bin : latency_.bins) {
    largest = std::max(largest, bin.upper_ns > bin.lower_ns ? bin.upper_ns - 1 : bin.lower_ns);
    sum += (static_cast<double>(bin.lower_ns) + static_cast<double>(bin.upper_ns)) / 2 *
           static_cast<double>(bin.count);
    count += static_cast<double>(bin.count);
  }
  latency_.max_ns = max_ns_.value_or(largest);
  latency_.mean_ns = mean_ns_.value_or(count > 0 ? sum / count : 0);
  latency_.sampling_interval = std::max<std::uint64_t>(1, sampling_interval_.value_or(1));
  latency_.bins.shrink_to_fit();
  (distribution_ == "latency" ? sample_.latency : sample_.service) = std::move(latency_);
  latency_ = {};
  max_ns_ = sampling_interval_ = std::nullopt;
  mean_ns_ = std::nullopt;
  has_bins_ = false;
}

void sample_reader::end_arrivals() {
  sample_.arrivals = arrival_counts{required_number(due_, "due"), required_number(begun_, "begun"),
                                    required_number(late_, "late")};
}

void sample_reader::end_sample() {
  sample_.operations = required_number(operations_, "operations");
  sample_.wall_s = required_number(wall_s_, "wall_s");
  is_complete_ = true;
}

}  // namespace crossover
