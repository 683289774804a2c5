#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/results/json_text.hpp"
#include "bench/results/results.hpp"

namespace crossover {

/// Returns the sample as JSON, for the protocol and the results file. Absent values are left out.
nlohmann::json to_json(const sample& value);
/// Reads a sample. Throws `error` (unreadable) naming the missing or mistyped key.
sample sample_from_json(const nlohmann::json& document);

/// Reads a sample from events. Throws `error` (unreadable) naming the missing or mistyped key.
/// A tree would take 16 bytes per number and two allocations per latency bin.
class sample_reader : public json_events {
 public:
  void begin_object() override { begin(true); }
  void begin_array() override { begin(false); }
  void key(std::string_view name) override;
  void scalar(nlohmann::json value) override;
  void end() override;
  bool is_complete() const { return is_complete_; }
  /// Returns the sample, once it is complete.
  sample& value() { return sample_; }

 private:
  enum class place { sample, counts, counters, errors, arrivals, latency, bins, bin, other };

  void begin(bool is_object);
  place inside(bool is_object);
  void set_member(const nlohmann::json& value);
  void set_latency_member(const nlohmann::json& value);
  void set_bin_number(const nlohmann::json& value);
  void end_latency();
  void end_bin();
  void end_arrivals();
  void end_sample();

  sample sample_;
  std::vector<place> open_;
  std::string key_;
  std::optional<std::uint64_t> operations_;
  std::optional<double> wall_s_;
  std::vector<std::uint64_t>* counts_ = nullptr;  ///< that an open array fills
  std::string distribution_;                      ///< `latency` or `service`
  latency_distribution latency_;                  ///< of the open distribution
  std::optional<std::uint64_t> max_ns_;
  std::optional<double> mean_ns_;
  std::optional<std::uint64_t> sampling_interval_;
  bool has_bins_ = false;
  std::uint64_t bin_[3] = {};  ///< lower bound, upper bound, count
  std::size_t bin_numbers_ = 0;
  std::optional<std::uint64_t> due_, begun_, late_;
  bool is_complete_ = false;
};

/// Returns the number, or nullopt for null. Throws `error` (unreadable) naming `key` if it is
/// neither, and for a count also if it is negative or too large.
template <typename T>
std::optional<T> optional_number(const nlohmann::json& value, std::string_view key);
extern template std::optional<double> optional_number(const nlohmann::json&, std::string_view);
extern template std::optional<int> optional_number(const nlohmann::json&, std::string_view);
extern template std::optional<std::uint32_t> optional_number(const nlohmann::json&,
                                                             std::string_view);
extern template std::optional<std::uint64_t> optional_number(const nlohmann::json&,
                                                             std::string_view);

}  // namespace crossover
