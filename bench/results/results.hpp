#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/results/latency.hpp"

namespace crossover {

/// What one timed run of a cell returned. A value that was not measured is absent, never 0.
struct sample {
  std::uint64_t operations = 0;  ///< operations that ended with a right result
  double wall_s = 0;             ///< from the release of the lanes to the end of the last operation
  std::optional<double> cpu_user_s;    ///< of the cell process and all its children
  std::optional<double> cpu_system_s;  ///< likewise
  std::optional<std::uint64_t> voluntary_switches;
  std::optional<std::uint64_t> involuntary_switches;
  std::optional<std::uint64_t> minor_faults;
  std::optional<std::uint64_t> major_faults;
  std::optional<latency_distribution>
      latency;  ///< closed loop: issue to end; open loop: intended start to end
  std::optional<latency_distribution> service;  ///< open loop only: actual start to end
  std::map<std::string, std::uint64_t>
      errors;  ///< "phase:ERRNO" to how often; these are not among the operations
  std::vector<std::uint64_t> worker_operations;  ///< each worker's share of the operations
  std::string checksum;        ///< of what the operations returned, where a workload has one
  std::optional<double> rate;  ///< operations a second that were asked for (open loop)
  std::optional<double> achieved_rate;  ///< operations a second that were begun (open loop)

  // What the runner adds.
  std::optional<std::uint64_t>
      sequence;                     ///< the how-manieth sample of the whole run this is, from 0
  std::optional<double> startup_s;  ///< exec of the cell process to its `ready`
  std::optional<double> setup_s;    ///< of that, what `prepare` took
  std::optional<std::uint64_t>
      base_rss_bytes;  ///< memory of the cell process before it opened its lanes
  std::optional<std::uint64_t>
      peak_rss_bytes;                  ///< peak memory of the process tree; shared pages count once
  std::optional<double> server_cpu_s;  ///< CPU time of the fixture during the sample
  std::optional<double> server_cpus;   ///< how many CPUs the fixture may use
  std::optional<double>
      steal_s;  ///< CPU time that the hypervisor gave to others, on the cell's CPUs
  std::optional<double> pressure_s;  ///< time in which some task of the machine waited for a CPU
};

/// A machine-readable remark on a cell's validity, and its words.
struct finding {
  std::string code;    ///< `server_bound`, `shared_cores`, `steal`, …
  std::string detail;  ///< one sentence with the figures
  bool operator==(const finding&) const = default;
};

enum class cell_status { ok, skipped, failed };
std::string_view to_string(cell_status status);

/// One point of the matrix and what became of it.
struct cell_result {
  std::string name;      ///< `network/event_loop/cores:1/in_flight:64/bytes:64`
  std::string workload;  ///< for a foreign benchmark, its family
  std::map<std::string, std::string>
      parameters;     ///< as the user wrote them or the defaults: {"bytes":"64KiB"}
  std::string model;  ///< `reference`, `reference:backend=poll`; empty for a foreign benchmark
  std::optional<std::uint32_t> cores;
  std::optional<std::uint32_t> in_flight;
  cell_status status = cell_status::ok;
  std::string reason;  ///< why it was skipped or failed; empty when ok
  std::vector<finding> findings;
  std::optional<double> ceiling;  ///< operations a second that arithmetic allows (in flight /
                                  ///< delay), where it is known
  std::vector<sample> samples;    ///< one a repetition, each from a fresh cell process
};

enum class results_status { complete, interrupted };

/// The document of one run: the only thing that is stored.
struct results {
  std::map<std::string, std::string>
      context;  ///< of a foreign file; ours is made from `environment`
  std::map<std::string, std::string>
      environment;  ///< the machine's fingerprint: `cpu_model`, `kernel`, …
  std::vector<std::string> command;
  std::uint64_t seed = 0;
  std::string date;   ///< ISO 8601, when the run began
  std::string suite;  ///< the named set of cells, or empty
  results_status status = results_status::complete;
  std::vector<cell_result> cells;
  std::vector<std::string>
      aggregates;        ///< Google Benchmark's aggregate rows, each a JSON object's text
  bool foreign = false;  ///< read from a plain Google Benchmark file
};

/// The sample as the protocol and the results file spell it; absent values are left out of a
/// protocol line.
nlohmann::json to_json(const sample& value);
/// Reads a sample; throws `error` (unreadable) that names the key which is missing or of the wrong
/// type.
sample sample_from_json(const nlohmann::json& document);

/// The whole document, a superset of Google Benchmark's JSON; valid always, with null for what is
/// absent.
nlohmann::ordered_json to_json(const results& value);

/// Reads ours or a plain Google Benchmark document; throws `error` (unreadable) in one line.
/// A foreign file's repetitions become samples; a file of aggregates alone becomes one sample per
/// benchmark.
results results_from_json(const nlohmann::json& document, std::string_view where);
results read_results(const std::filesystem::path& file);

void write_results(const std::filesystem::path& file, const results& value);

}  // namespace crossover
