#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/results/cell_spec.hpp"
#include "bench/results/latency.hpp"

namespace crossover {

/// Arrivals of an open loop that were due in the window.
struct arrival_counts {
  std::uint64_t due = 0;
  std::uint64_t begun = 0;  ///< the other arrivals were never begun
  std::uint64_t late = 0;   ///< begun more than 5 ms after they were due
  bool operator==(const arrival_counts&) const = default;
};

/// Result of one timed run of a cell. Values that were not measured are absent, never 0.
struct sample {
  std::uint64_t operations = 0;   ///< operations with a correct result
  double wall_s = 0;              ///< length of the window that the operations ended in
  std::optional<double> start_s;  ///< longest delay of a lane's first operation after the release
  std::optional<double> drain_s;  ///< from the close of the window to the end of the last operation
  std::vector<std::uint64_t> series;  ///< operations per 10 ms of the window, if requested
  /// User CPU time of the cell process and all its children; user and system time if
  /// `cpu_system_s` is absent.
  std::optional<double> cpu_user_s;
  std::optional<double> cpu_system_s;  ///< system CPU time of the same processes
  std::optional<std::uint64_t> voluntary_switches;
  std::optional<std::uint64_t> involuntary_switches;
  std::optional<std::uint64_t> minor_faults;
  std::optional<std::uint64_t> major_faults;
  /// Closed loop: from issue to end. Open loop: from intended start to end.
  std::optional<latency_distribution> latency;
  std::optional<latency_distribution> service;  ///< open loop only: actual start to end
  /// Count per "phase:ERRNO"; not included in `operations`.
  std::map<std::string, std::uint64_t> errors;
  std::vector<std::uint64_t> worker_operations;  ///< each worker's share of the operations
  std::string checksum;        ///< checksum of the operations' results, if the workload has one
  std::optional<double> rate;  ///< requested operations per second (open loop)
  std::optional<arrival_counts> arrivals;  ///< open loop only
  /// Counters of a foreign benchmark, such as `items_per_second`.
  std::map<std::string, double> counters;

  // Added by the runner:
  std::optional<std::uint64_t> sequence;        ///< position in measurement order, from 0
  std::optional<double> startup_s;              ///< from exec of the cell process to its `ready`
  std::optional<double> setup_s;                ///< part of `startup_s` spent in `prepare`
  std::optional<std::uint64_t> base_rss_bytes;  ///< memory before the cell opened its lanes
  /// Peak memory of the process tree; shared pages count once.
  std::optional<std::uint64_t> peak_rss_bytes;
  std::optional<double> server_cpu_s;  ///< CPU time of the server during the sample
  std::optional<double> server_cpus;   ///< CPUs that the server may use
  std::optional<double> steal_s;       ///< CPU time that the hypervisor took from the cell's CPUs

  /// Index into `results::hosts` of the host that measured the block; absent without a fleet.
  std::optional<std::uint32_t> host;
  /// The same of the host that ran the server; absent if it ran beside the cell.
  std::optional<std::uint32_t> server_host;
  /// Hosts that ran the cell at once against this server; absent: one. The sample adds up their
  /// windows.
  std::optional<std::uint32_t> clients;
  /// Time that the clients' windows may not share, summed over the windows.
  std::optional<double> client_skew_s;

  // Facts about the block of the sample:
  /// Number of the block within the contest. Models whose samples have the same number took turns
  /// in that block. Absent if the cells were measured sequentially.
  std::optional<std::uint64_t> block;
  /// Number of the block's pass: in each pass, every open contest has a turn.
  std::optional<std::uint64_t> pass;
  std::optional<double> block_s;        ///< duration of the block
  std::optional<double> foreign_cpu_s;  ///< CPU time of other programs on the machine
  std::optional<double> pressure_s;     ///< time during which a task waited for memory or I/O
  std::optional<double> throttled_s;    ///< time that the cgroup's CPU quota withheld
  std::optional<double> slowness;       ///< duration of a fixed computation over its shortest one
  std::optional<double> idle_cpu_s;     ///< CPU time used while other models had their turns
  std::optional<double> idle_s;         ///< duration of the other models' turns
};

/// Machine-readable remark about a cell's validity.
struct finding {
  std::string code;    ///< `server_bound`, `shared_cores`, `steal`, …
  std::string detail;  ///< one sentence with the figures
  /// Index into `results::hosts` of the only host that it is about; absent if it is about all.
  std::optional<std::uint32_t> host = {};
  bool operator==(const finding&) const = default;
};

enum class cell_status { ok, skipped, failed };
std::string_view to_string(cell_status status);

/// One point of the matrix and its outcome.
struct cell_result : cell_spec {
  std::string name;  ///< `network/event_loop/cores:1/in_flight:64/bytes:64`
  cell_status status = cell_status::ok;
  std::string reason;  ///< why the cell was skipped or failed; empty if ok
  std::vector<finding> findings;
  std::uint32_t max_blocks = 0;   ///< maximum blocks of its contest; 0: the scatter decides
  std::optional<double> ceiling;  ///< arithmetic limit in operations per second, if known
  std::vector<sample> samples;    ///< one per repetition, each from a fresh cell process
};

/// Returns whether a cell has a finding with this code.
bool has_finding(const cell_result& cell, std::string_view code);

enum class results_status { complete, interrupted };

/// Settings of a run that its cells do not show. With the cells and the seed, they repeat the run.
struct run_settings {
  double seconds = 0;             ///< window time per model and block
  double budget_s = 0;            ///< measuring time of the whole run
  std::uint32_t repetitions = 0;  ///< blocks of every contest; 0: the scatter decides
  double grace_s = 0;             ///< a cell is killed after this extra time
  /// Flags that start programs or name servers, without passwords: {"--launcher", "taskset -c 3"}.
  std::vector<std::string> programs;
  /// Hosts that run a cell at once against a server on another host; 0: servers run beside the
  /// cells.
  std::uint32_t clients = 0;
  bool operator==(const run_settings&) const = default;
};

/// A machine of a fleet. Each of its blocks is measured whole on it; the server may run on another
/// one.
struct host {
  std::string name;  ///< unique within the fleet
  std::map<std::string, std::string> environment;
  std::string lost = {};  ///< why it measured no more; "" if it was not lost
  bool operator==(const host&) const = default;
};

/// The document of one run. Nothing else is stored.
struct results {
  std::map<std::string, std::string> context;  ///< of a foreign file only
  /// Fingerprint of the machine and the build: `cpu_model`, `kernel`, …; with a fleet, of the
  /// machine that the run was started on.
  std::map<std::string, std::string> environment;
  std::vector<host> hosts;  ///< machines of the fleet that measured; empty without a fleet
  std::vector<std::string> command;
  std::uint64_t seed = 0;
  std::string date;                  ///< start of the run, ISO 8601
  std::string suite;                 ///< named set of cells, or empty
  double equal = 0.05;               ///< models within this share of the best are equivalent
  std::optional<run_settings> plan;  ///< absent in older files
  results_status status = results_status::complete;
  std::vector<cell_result> cells;
  std::vector<std::string> aggregates;  ///< Google Benchmark's aggregate rows, each as JSON text
  bool foreign = false;                 ///< read from a plain Google Benchmark file
};

/// Returns the members that describe a cell in the results file and in `list --json`. "model" is
/// the label.
nlohmann::json to_json(const cell_spec& cell);
/// Reads these members; an absent one keeps its default. Without `model_parameters` the whole label
/// is the model. Throws `error` (unreadable) if a number is malformed.
cell_spec cell_spec_from_json(const nlohmann::json& document);

enum class document_content {
  everything,        ///< a superset of Google Benchmark's JSON
  no_distributions,  ///< no latency distributions and no rows of Google Benchmark
};

/// Passes the document to `take` in pieces: memory does not grow with it. It is always valid JSON;
/// absent values are null. A cell without samples is written as skipped. `indent`: spaces per
/// level; negative: one line.
void write_document(const results& value, document_content content, int indent,
                    const std::function<void(std::string_view)>& take);

/// Reads a document of this program or of Google Benchmark; error messages begin with `where`. A
/// foreign file's repetitions become samples; a benchmark with only aggregates becomes one sample.
/// Throws `error` (unreadable).
results results_from_json(const nlohmann::json& document, std::string_view where);
/// Reads the text of a results file, which `file` names in messages. Throws `error` (unreadable).
results parse_results(std::string_view text, const std::string& file);
/// Reads a results file, or standard input for "-". Throws `error` (unreadable).
results read_results(const std::string& file);

/// Writes the document atomically. Throws `error` (unwritable).
void write_results(const std::filesystem::path& file, const results& value);

}  // namespace crossover
