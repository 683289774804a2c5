#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/cell/child_process.hpp"
#include "bench/results/results.hpp"
#include "bench/results/trace.hpp"

namespace crossover {

/// What a cell process is asked to prepare, in the protocol's words.
struct cell_preparation {
  std::string workload;
  std::map<std::string, std::string> parameters;
  std::string model;
  std::map<std::string, std::string> model_parameters;
  std::vector<int> cores;
  std::uint32_t in_flight = 1;
  std::string endpoint;
  bool trace = false;                   ///< one run will be traced
  std::uint32_t sampling_interval = 0;  ///< one operation in so many is timed; 0: the cell decides
  double injected_delay_ns = 0;         ///< busy waiting added to every operation, for calibration
};

/// How long a run lasts: by time or by operations, one of them more than 0.
struct run_request {
  double seconds = 0;
  std::uint64_t operations = 0;
  double rate = 0;  ///< more than 0: an open loop of so many a second
  std::uint64_t seed = 1;
};

/// The asking side of the protocol (PROTOCOL.md). Every member throws `error` (failed, or the kind
/// that the cell told) and `interrupted`.
class cell_process {
 public:
  /// `command`: the program and its arguments up to `cell`, behind the launcher if there is one.
  /// `grace_s`: a reply that is this much later than expected ends in an error, and the process is
  /// killed.
  cell_process(std::vector<std::string> command, double grace_s);

  /// Returns once the cell is ready.
  void prepare(const cell_preparation& what);
  /// One timed run. The sample has the start-up figures too.
  sample run(const run_request& what);
  /// The same of a cell that was prepared for a trace, which comes with it. Throws `error`
  /// (unsupported) where the cell keeps none.
  std::pair<sample, run_trace> run_traced(const run_request& what);
  /// Ends the cell; its peak memory in bytes, where it told.
  std::optional<std::uint64_t> finish();

  pid_t pid() const { return child_.pid(); }
  double startup_s() const { return startup_s_; }
  /// What a cell in another language told of itself when it was ready: its interpreter's version,
  /// say.
  const std::map<std::string, std::string>& environment() const { return environment_; }

 private:
  nlohmann::json ask_for_sample(const run_request& what, bool trace);
  sample sample_told(const nlohmann::json& told) const;
  nlohmann::json ask(const nlohmann::json& request, const char* expected, double patience_s);

  std::int64_t started_ns_;
  child_process child_;
  double grace_s_;
  double patience_s_ = 0;  ///< on top of it, for what is in flight
  double startup_s_ = 0;
  std::optional<double> setup_s_;
  std::map<std::string, std::string> environment_;
  std::optional<std::uint64_t> base_rss_bytes_;
};

}  // namespace crossover
